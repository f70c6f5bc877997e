"""`./dev test`: builds what is to be tested, runs it and counts single test cases over all kinds of tests.

    lint ─▶ release: build, all tests ─▶ judges ─▶ asan: build, all tests ─▶ tsan: build and run tests labelled tsan
                                          fuzz: build the targets, run each for 20 s ◀──┘   last line: N passed, N failed
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "architecture")]

import case_files  # noqa: E402
import fuzz  # noqa: E402
import lint  # noqa: E402
from repository import ROOT  # noqa: E402
from tally import Tally, heading, paint  # noqa: E402

ENVIRONMENT = {
    "G_SLICE": "always-malloc",  # else the leak check cannot see into GLib's own allocator
    "ASAN_OPTIONS": "fast_unwind_on_malloc=0:malloc_context_size=20:strict_string_checks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
    # GLib is not instrumented and its mutex is a bare futex: without this it reports races that are none.
    "TSAN_OPTIONS": "ignore_noninstrumented_modules=1:halt_on_error=1:second_deadlock_stack=1",
    "LC_ALL": "C.UTF-8",
}


class Runner:
    def __init__(self, jobs):
        self.jobs = jobs
        self.tally = Tally()
        self.environment = {**os.environ, **ENVIRONMENT}

    def build(self, preset, targets=()):
        """True when it could be built; a build that fails is one failed case."""
        folder = ROOT / "build" / preset
        heading(f"build {preset}")
        begun = time.monotonic()
        commands = [] if (folder / "build.ninja").exists() else [["cmake", "--preset", preset]]
        commands.append(["ninja", "-C", str(folder), "-j", str(self.jobs), *targets])
        for command in commands:
            done = self._run_and_keep(command, folder.parent / f"{preset}.log")
            if done:
                self.tally.fail(f"build {preset}", "\n".join(done))
                return False
        print(f"   built in {time.monotonic() - begun:.0f} s", flush=True)
        return True

    def _run_and_keep(self, command, log):
        """Runs `command` with a line of progress now and then; [] on success, else the end of its output."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "w", encoding="utf-8", errors="replace") as kept:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, errors="replace",
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            shown = time.monotonic()
            lines = []
            for line in process.stdout:
                kept.write(line)
                lines.append(line.rstrip("\n"))
                if time.monotonic() - shown > 20:
                    shown = time.monotonic()
                    print("   " + line.rstrip("\n")[:110], flush=True)
            code = process.wait()
        return [] if code == 0 else self._errors(lines)

    @staticmethod
    def _errors(lines):
        """What ninja says of the first failed step, or the end of the output."""
        first = next((at for at, line in enumerate(lines) if line.startswith("FAILED:")), None)
        return lines[first:first + 40] if first is not None else lines[-40:]

    def tests_of(self, preset, selection=()):
        """CTest's own list: [(name, program file)]."""
        done = subprocess.run(["ctest", "--test-dir", f"build/{preset}", "--show-only=json-v1", *selection], cwd=ROOT,
                              capture_output=True, text=True, check=True)
        return [(test["name"], test.get("command", [test["name"]])[0]) for test in json.loads(done.stdout)["tests"]]

    def ctest(self, preset, selection=()):
        heading(f"tests of {preset}{' ' + ' '.join(selection) if selection else ''}")
        folder = ROOT / "build" / preset
        results = folder / "test-results"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir(parents=True)
        tests = self.tests_of(preset, selection)
        if not tests:
            return
        # One registry, made by the plain tools: an instrumented scanner would have to load every plugin of the machine.
        registry = {**self.environment, "GST_REGISTRY": str(folder / "gst-registry.bin")}
        subprocess.run(["gst-inspect-1.0", "--print-all"], env=registry, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environment = {**self.environment, "GTEST_OUTPUT": f"xml:{results}/", "GTEST_COLOR": "no",
                       "GST_REGISTRY_FORK": "no"}
        junit = results / "ctest.junit"
        subprocess.run(["ctest", "--test-dir", str(folder), "-j", str(self.jobs), "--output-junit", str(junit),
                        "--test-output-size-passed", "20000", "--test-output-size-failed", "400000",
                        *selection], cwd=ROOT, env=environment)
        if not junit.exists():
            self.tally.fail(f"ctest {preset}", "ctest wrote no results")
            return
        programs = {name: pathlib.Path(program).name for name, program in tests}
        found = case_files.ctest_junit(junit, programs, results)
        found.failures = [(f"{preset}: {name}", details) for name, details in found.failures]
        print(f"   {paint(found.line().replace('passed', 'cases passed'), '1')}", flush=True)
        self.tally.add(found)

    def judges(self):
        heading("judges: official SDKs against our programs")
        folder = ROOT / "tests" / "judges"
        files = sorted(str(path.relative_to(folder)) for path in folder.glob("*.test.mjs"))
        environment = {**self.environment, "TRUNKLINE_BUILD_DIR": str(ROOT / "build" / "release")}
        done = subprocess.run(["node", "--test", "--test-reporter=tap", *files], cwd=folder, env=environment,
                              capture_output=True, text=True, timeout=600)
        found = case_files.node_tap(done.stdout)
        if done.returncode and not found.failures:
            found.fail("judges", done.stdout[-3000:] + done.stderr[-3000:])
        print(f"   {paint(found.line().replace('passed', 'cases passed'), '1')}", flush=True)
        self.tally.add(found)

    def tsan(self):
        """Only the programs of tests labelled tsan are built."""
        if not (ROOT / "build" / "tsan" / "build.ninja").exists() and not self.build("tsan", ["-t", "targets"]):
            return
        selection = ["-L", "^tsan$"]
        # A test and its program have one name; ctest knows no path of a program that is not built yet.
        programs = sorted({name for name, _ in self.tests_of("tsan", selection)})
        if not programs:
            self.tally.fail("tsan", "no test carries the label tsan")
        elif self.build("tsan", programs):
            self.ctest("tsan", selection)

    def fuzz(self):
        """Every libFuzzer target for a short time, under ASAN and UBSAN; TRUNKLINE_FUZZ_SECONDS changes how long."""
        if not self.build("fuzz", ["fuzzers"]):
            return
        seconds = int(self.environment.get("TRUNKLINE_FUZZ_SECONDS", "20"))
        heading(f"fuzz: {seconds} s for each target")
        found = fuzz.run_all(list(fuzz.targets()), seconds, min(self.jobs, 2))
        print(f"   {paint(found.line().replace('passed', 'targets passed'), '1')}", flush=True)
        self.tally.add(found)

    def everything(self):
        self.tally.add(lint.run(self.jobs))
        if self.build("release"):
            self.ctest("release")
            self.judges()
        if self.build("asan"):
            self.ctest("asan")
        self.tsan()
        self.fuzz()

    def quick(self):
        self.tally.add(lint.run(self.jobs, lint.FAST))
        if self.build("release"):
            self.ctest("release", ["-L", "^quick$"])

    def one(self, what):
        if what == "quick":
            self.quick()
        elif what == "lint":
            self.tally.add(lint.run(self.jobs))
        elif what in ("release", "asan"):
            if self.build(what):
                self.ctest(what)
        elif what == "tsan":
            self.tsan()
        elif what == "fuzz":
            self.fuzz()
        elif what == "judges":
            if self.build("release"):
                self.judges()
        elif self.build("release"):
            self.ctest("release", ["-R", what])


def main():
    parser = argparse.ArgumentParser(prog="./dev test", usage="./dev test [quick|release|asan|tsan|judges|fuzz|lint|--list|REGEX]")
    parser.add_argument("what", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    runner = Runner(arguments.jobs)
    if arguments.list:
        if not (ROOT / "build" / "release" / "CTestTestfile.cmake").exists():
            print("nothing is built yet: ./dev build", file=sys.stderr)
            return 1
        for name, _ in runner.tests_of("release"):
            print(name)
        return 0
    begun = time.monotonic()
    for what in arguments.what or ["everything"]:
        if what == "everything":
            runner.everything()
        else:
            runner.one(what)
    print(f"   {time.monotonic() - begun:.0f} s in all", flush=True)
    return runner.tally.finish()


if __name__ == "__main__":
    sys.exit(main())
