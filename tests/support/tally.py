"""Counts of test cases, and the summary that ends a run: `N passed, N failed`, alone on the last line."""
import os
import sys

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def heading(text):
    print(paint(f"── {text}", "1"), flush=True)


def telling_lines(details, most=60):
    """The lines that tell the cause: from a sanitizer's report on, else the end."""
    lines = details.split("\n") if details else []
    report = next((at for at, line in enumerate(lines)
                   if "ERROR: " in line and "Sanitizer" in line or "WARNING: ThreadSanitizer" in line or ": runtime error: " in line), None)
    return lines[report:report + most] if report is not None else lines[-most:]


class Tally:
    """What passed, failed and was skipped; failures keep where to look."""

    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failures = []  # (name, details)

    def ok(self, count=1):
        self.passed += count

    def skip(self, count=1):
        self.skipped += count

    def fail(self, name, details=""):
        self.failures.append((name, details.strip()))

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def line(self):
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")

    def finish(self):
        """Prints the failures and the last line; returns the exit code."""
        if self.failures:
            print()
            heading("failed")
        for name, details in self.failures:
            print(paint(f"  ✗ {name}", "31"))
            for line in telling_lines(details):
                print(f"      {line}")
        nothing_ran = not self.passed and not self.failures
        if nothing_ran:
            print("nothing ran: no test has that name or label (./dev test --list names them)")
        sys.stdout.flush()
        print(self.line(), flush=True)
        return 1 if self.failures or nothing_ran else 0
