"""`./dev lint`: every check one case. Results of slow checks are remembered per file under build/lint, by content.

    source rules (tests/architecture) · scripts · documents · format · headers-alone · tidy
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "architecture")]

import include_rules  # noqa: E402
import text_rules  # noqa: E402
from repository import ROOT, Repository, includes  # noqa: E402
from tally import Tally, heading, paint  # noqa: E402

TIDY_TOPS = ("engine", "elements", "lab", "benchmarks")
CACHE = ROOT / "build" / "lint"


class Lint:
    def __init__(self, repo, jobs):
        self.repo = repo
        self.jobs = jobs
        self._deep = {}

    # ── helpers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _everything_included(self, name):
        """The file and all our headers it reaches, for the key of a remembered result."""
        if name in self._deep:
            return self._deep[name]
        seen, todo = set(), [name]
        while todo:
            current = todo.pop()
            if current in seen or self.repo.files.get(current) is None:
                continue
            seen.add(current)
            todo += [path for _, path, quoted in includes(self.repo.files[current]) if quoted]
        self._deep[name] = sorted(seen)
        return self._deep[name]

    def _each(self, kind, commands):
        """Runs {file: command} in parallel; yields the output of those that fail. Good results are remembered."""
        CACHE.mkdir(parents=True, exist_ok=True)

        def run(item):
            name, command = item
            digest = hashlib.sha256(json.dumps([kind, command], default=str).encode())
            for path in self._everything_included(name):
                digest.update(self.repo.files[path].encode())
            digest.update(self.repo.files.get(".clang-tidy", "").encode())
            stamp = CACHE / digest.hexdigest()[:40]
            if stamp.exists():
                return None
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                stamp.touch()
                return None
            noise = ("warnings generated", "warnings treated as errors", "Suppressed ", "Use -header-filter")
            lines = [line for line in done.stdout.split("\n") if line and not any(word in line for word in noise)]
            return f"{name}: " + "\n".join(lines).replace(str(ROOT) + "/", "")

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for output in pool.map(run, commands.items()):
                if output:
                    yield output

    def _compile_commands(self):
        """{file: arguments} of the release build, configured when it is not yet."""
        build = ROOT / "build" / "release"
        listed = {entry["file"] for entry in self._load(build)}
        missing = [name for name, _ in self.repo.cxx(*TIDY_TOPS)
                   if name.endswith(".cc") and str(ROOT / name) not in listed]
        if missing:  # new files: the lists of CMake are newer than the build
            subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        commands = {}
        for entry in self._load(build):
            path = pathlib.Path(entry["file"])
            if path.is_relative_to(ROOT):
                commands.setdefault(str(path.relative_to(ROOT)), shlex.split(entry["command"]))
        return commands

    @staticmethod
    def _load(build):
        path = build / "compile_commands.json"
        return json.loads(path.read_text()) if path.exists() else []

    # ── checks: each yields problems ─────────────────────────────────────────────────────────────────────────────────

    def scripts(self):
        """Shell and Python files parse."""
        for name, text in self.repo.text():
            shell = name == "dev" or name.endswith(".sh") or text.startswith(("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh"))
            if shell:
                done = subprocess.run(["bash", "-n", name], cwd=ROOT, capture_output=True, text=True)
                if done.returncode:
                    yield done.stderr.strip()
            elif name.endswith(".py"):
                try:
                    compile(text, name, "exec")
                except SyntaxError as error:
                    yield f"{name}:{error.lineno}: {error.msg}"

    def documents(self):
        """JSON files parse, and so do the YAML files that are not there to be broken."""
        import yaml
        for name, text in self.repo.text():
            if "broken" in name or "invalid" in name or "/corpus/" in name:
                continue
            try:
                if name.endswith(".json"):
                    json.loads(text)
                elif name.endswith((".yaml", ".yml")):
                    list(yaml.safe_load_all(text))
            except (json.JSONDecodeError, yaml.YAMLError) as error:
                yield f"{name}: {error}"

    def format(self):
        """clang-format changes nothing (./dev fmt)."""
        names = [name for name, _ in self.repo.cxx()]
        if not names:
            return
        done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", "--ferror-limit=1", *names], cwd=ROOT,
                              capture_output=True, text=True)
        if done.returncode:
            wrong = sorted({line.split(":")[0] for line in done.stderr.split("\n") if "clang-format-violations" in line})
            yield from (f"{name}: not formatted (./dev fmt)" for name in wrong or [done.stderr])

    def headers_alone(self):
        """Every header compiles on its own."""
        flags = []
        for arguments in self._compile_commands().values():
            rest = iter(arguments)
            for argument in rest:
                if argument == "-isystem":
                    flags.append(("-isystem", next(rest)))
                elif argument.startswith("-I"):
                    flags.append((argument,))
        flags = [word for flag in dict.fromkeys(flags) for word in flag]
        compiler = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
        yield from self._each("header", {name: [*compiler, *flags, "-include", name, "-x", "c++", "/dev/null"]
                                         for name, _ in self.repo.cxx() if name.endswith(".h")})

    def tidy(self):
        """clang-tidy finds nothing in our sources."""
        commands = self._compile_commands()
        wanted = {name: ["clang-tidy-14", "--quiet", "-p", "build/release", name]
                  for name, _ in self.repo.cxx(*TIDY_TOPS) if name in commands}
        yield from self._each("tidy", wanted)

    def checks(self):
        def rule(function):
            return lambda: function(self.repo)
        found = {name: rule(function) for name, function in {**include_rules.RULES, **text_rules.RULES}.items()}
        found.update({"scripts": self.scripts, "documents": self.documents, "format": self.format,
                      "headers-alone": self.headers_alone, "tidy": self.tidy})
        return found


FAST = set(include_rules.RULES) | set(text_rules.RULES) | {"scripts", "documents", "format"}


def run(jobs, names=None):
    """Runs the named checks, all by default, and returns their tally."""
    tally = Tally()
    heading("lint")
    lint = Lint(Repository.from_disk(), jobs)
    for name, check in lint.checks().items():
        if names and name not in names:
            continue
        begun = time.monotonic()
        try:
            problems = list(check())
        except (OSError, subprocess.CalledProcessError) as error:
            problems = [f"could not run: {error}"]
        seconds = time.monotonic() - begun
        took = f"  {seconds:.0f} s" if seconds >= 1 else ""
        if problems:
            print(f"  {paint('✗', '31')} {name}: {len(problems)}{took}", flush=True)
            tally.fail(f"lint {name}", "\n".join(problems))
        else:
            print(f"  {paint('✓', '32')} {name}{took}", flush=True)
            tally.ok()
    return tally


def main():
    parser = argparse.ArgumentParser(prog="./dev lint", description="Checks of the sources; all of them by default.")
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true", help="name the checks")
    arguments = parser.parse_args()
    known = Lint(Repository({}), 1).checks()
    if arguments.list:
        for name in known:
            print(name)
        return 0
    unknown = [name for name in arguments.checks if name not in known]
    if unknown:
        parser.error(f"no check '{unknown[0]}'; there are: {', '.join(known)}")
    return run(arguments.jobs, arguments.checks).finish()


if __name__ == "__main__":
    sys.exit(main())
