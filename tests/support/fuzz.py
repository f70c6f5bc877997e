"""The libFuzzer targets: `./dev test fuzz` runs each for a short time, `./dev fuzz` runs them by hand and keeps a table.

    stored corpus (tests/fuzz/corpus/X) ─read─▶ X_fuzz ─new inputs─▶ build/fuzz/found/X/corpus
                                                   └──crashes──────▶ build/fuzz/found/X/crash-…
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "architecture")]

from repository import ROOT  # noqa: E402
from tally import Tally, heading  # noqa: E402

BUILD = ROOT / "build" / "fuzz"
FOUND = BUILD / "found"
RESULTS = FOUND / "results.jsonl"
STORED = ROOT / "tests" / "fuzz"
# So many seconds may one input take, generous because machines stall, and the process so much memory, before it is a find.
LIMITS = ["-timeout=300", "-report_slow_units=300", "-rss_limit_mb=2048", "-print_final_stats=1"]
ENVIRONMENT = {
    "G_SLICE": "always-malloc",
    "ASAN_OPTIONS": "strict_string_checks=1:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
    "GST_REGISTRY": str(BUILD / "gst-registry.bin"),
    "GST_REGISTRY_FORK": "no",
    "LC_ALL": "C.UTF-8",
}


def targets():
    """{name: program}, as CMake wrote them down."""
    listed = (BUILD / "fuzzers.txt").read_text().split()
    return {name: BUILD / "tests" / "fuzz" / f"{name}_fuzz" for name in sorted(listed)}


def prepare():
    """One registry, made by the plain tools: an instrumented scanner would have to load every plugin of the machine."""
    subprocess.run(["gst-inspect-1.0", "--print-all"], env={**os.environ, "GST_REGISTRY": ENVIRONMENT["GST_REGISTRY"]},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def shown(path):
    return os.path.relpath(path, ROOT)


class Run:
    """One target for some seconds."""

    def __init__(self, name, program, seconds):
        self.name, self.program, self.seconds = name, program, seconds
        self.folder = FOUND / name
        self.numbers = {}
        self.failure = ""

    def go(self):
        new = self.folder / "corpus"
        new.mkdir(parents=True, exist_ok=True)
        known = set(self.folder.iterdir())
        words = [file for file in sorted((STORED / "dictionaries").iterdir()) if self.name.startswith(file.stem)]
        command = [str(self.program), f"-max_total_time={self.seconds}", f"-artifact_prefix={self.folder}/", *LIMITS,
                   *[f"-dict={file}" for file in words[-1:]], str(new), str(STORED / "corpus" / self.name)]
        begun = time.monotonic()
        log = self.folder / "log"
        with open(log, "wb") as out:
            try:
                code = subprocess.run(command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, stdout=out, stderr=out,
                                      timeout=self.seconds * 2 + 900).returncode
            except subprocess.TimeoutExpired:
                code = "no end"
        text = log.read_text(errors="replace")
        finds = sorted(set(self.folder.iterdir()) - known - {log})
        self._read(text, round(time.monotonic() - begun), len(finds))
        if code != 0 or finds:
            self.failure = self._explain(text, finds, code)
        with open(RESULTS, "a", encoding="utf-8") as kept:
            kept.write(json.dumps(self.numbers) + "\n")
        return self

    def _read(self, text, seconds, finds):
        def last(pattern):
            found = re.findall(pattern, text)
            return int(found[-1]) if found else 0

        self.numbers = {
            "target": self.name, "date": datetime.date.today().isoformat(), "seconds": seconds, "asked": self.seconds,
            "executions": last(r"stat::number_of_executed_units: (\d+)") or last(r"^#(\d+)\s"),
            "per_second": last(r"stat::average_exec_per_sec:\s+(\d+)"), "edges": last(r" cov: (\d+)"),
            "features": last(r" ft: (\d+)"), "new": last(r"stat::new_units_added:\s+(\d+)"),
            "rss_mb": last(r"stat::peak_rss_mb:\s+(\d+)"), "finds": finds}

    def _explain(self, text, finds, code):
        lines = text.split("\n")
        report = next((at for at, line in enumerate(lines)
                       if "ERROR: " in line or ": runtime error: " in line or "does not hold:" in line), len(lines) - 30)
        how = [f"input: {shown(find)}\n  again: {shown(self.program)} {shown(find)}" for find in finds]
        return "\n".join([*lines[max(report, 0):][:40], *(how or [f"it ended with {code}; whole log: {shown(self.folder / 'log')}"])])

    def line(self):
        n = self.numbers
        return (f"   {self.name:24} {n['executions']:>9} runs {n['per_second']:>7}/s {n['edges']:>6} edges {n['features']:>6} features"
                f" {n['new']:>5} new{'   FOUND SOMETHING' if self.failure else ''}")


def run_all(names, seconds, jobs):
    """Tally of the targets, one case each; a line as each one ends."""
    tally = Tally()
    known = targets()
    prepare()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for run in pool.map(lambda name: Run(name, known[name], seconds).go(), names):
            print(run.line(), flush=True)
            if run.failure:
                tally.fail(f"fuzz: {run.name}", run.failure)
            else:
                tally.ok()
    return tally


def table():
    """Markdown of the longest run of each target that is written down."""
    longest = {}
    for line in RESULTS.read_text().splitlines():
        n = json.loads(line)
        if n["seconds"] >= longest.get(n["target"], {"seconds": 0})["seconds"]:
            longest[n["target"]] = n
    print("| target | seconds | executions | per second | edges | features | new inputs | memory, MB | finds | date |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for n in sorted(longest.values(), key=lambda n: n["target"]):
        print(f"| `{n['target']}` | {n['seconds']} | {n['executions']:,} | {n['per_second']:,} | {n['edges']:,} | {n['features']:,} | {n['new']:,}"
              f" | {n['rss_mb']} | {n['finds']} | {n['date']} |")


def merge(names):
    """Takes over what was found and reaches code that the stored corpus does not reach."""
    prepare()
    for name in names:
        stored, new = STORED / "corpus" / name, FOUND / name / "corpus"
        if not new.exists():
            continue
        before = len(list(stored.iterdir()))
        chosen = FOUND / name / "chosen"
        shutil.rmtree(chosen, ignore_errors=True)
        chosen.mkdir()
        for file in stored.iterdir():
            shutil.copy(file, chosen / file.name)
        # Edges alone: counters would keep hundreds of inputs that differ in how often something happens.
        done = subprocess.run([str(targets()[name]), "-merge=1", "-use_counters=0", "-set_cover_merge=1", *LIMITS[:3],
                               str(chosen), str(new)], cwd=ROOT, env={**os.environ, **ENVIRONMENT}, capture_output=True)
        if done.returncode != 0:
            print(f"   {name}: {done.stderr.decode(errors='replace')[-400:]}")
            continue
        for file in chosen.iterdir():
            if not (stored / file.name).exists():
                shutil.copy(file, stored / file.name[:12])
        print(f"   {name}: {before} inputs before, {len(list(stored.iterdir()))} now")


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("targets", nargs="*", help="names of targets, default all")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default 600)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at once (default 1)")
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument("--table", action="store_true", help="Markdown of the longest runs so far, without running")
    parser.add_argument("--merge", action="store_true", help="take found inputs that reach new code into the stored corpora")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - set(targets())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}: --list names them")
    names = arguments.targets or list(targets())
    if arguments.list:
        print("\n".join(names))
    elif arguments.table:
        table()
    elif arguments.merge:
        merge(names)
    else:
        heading(f"fuzz: {len(names)} targets, {arguments.seconds} s each")
        return run_all(names, arguments.seconds, arguments.jobs).finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
