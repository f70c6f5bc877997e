"""Reads what test programs report: GoogleTest XML, CTest JUnit, Python unittest output, node TAP."""
import pathlib
import re
import xml.etree.ElementTree as ElementTree

from tally import Tally


def gtest_xml(path):
    """Tally of one GoogleTest report."""
    tally = Tally()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = case.findall("failure")
        if failures:
            tally.fail(name, "\n".join((failure.text or failure.get("message", "")).strip() for failure in failures))
        elif case.get("status") == "notrun" or case.get("result") == "skipped":
            tally.skip()
        else:
            tally.ok()
    return tally


def python_unittest(output):
    """Number of cases a passing unittest program ran, 1 when the output is not one."""
    found = re.search(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    return int(found.group(1)) if found else 1


def ctest_junit(path, programs, reports):
    """Tally of a CTest run.

    programs: CTest name -> program file name; reports: folder of GoogleTest XML named after the program. A program that
    failed without a report (a crash, a sanitizer, a time limit), or after a clean one, counts as one failed case.
    """
    tally = Tally()
    counted = set()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = case.get("name")
        output = (case.findtext("system-out") or "").strip()
        program = programs.get(name, name)
        files = [file for file in sorted(pathlib.Path(reports).glob(f"{program}*.xml"))
                 if re.fullmatch(rf"{re.escape(program)}(_\d+)?\.xml", file.name)]
        cases = Tally()
        for file in files:
            if file in counted:
                continue
            counted.add(file)
            try:
                cases.add(gtest_xml(file))
            except ElementTree.ParseError:
                cases.fail(name, f"{file.name} is no XML: the program died while it wrote it")
        passed = case.get("status") == "run" and case.find("failure") is None
        for at, (failed, details) in enumerate(cases.failures):
            cases.failures[at] = (f"{name}: {failed}", details)
        if case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
            cases.fail(name, "not run: " + (output or "the program is missing"))
        elif not passed and not cases.failures:
            whole = pathlib.Path(reports) / f"{name}.log"
            whole.write_text(output)
            cases.fail(name, f"{output}\n(whole output: {whole})" if output else "no output")
        elif passed and not files:
            cases.ok(python_unittest(output))
        tally.add(cases)
    return tally


def node_tap(output):
    """Tally of `node --test --test-reporter=tap`: leaves only, files and suites are not cases."""
    tally = Tally()
    lines = output.split("\n")
    for at, line in enumerate(lines):
        found = re.match(r"^(\s*)(ok|not ok) \d+ - (.*?)(\s# (SKIP|TO" r"DO).*)?$", line)
        if not found:
            continue
        indent = len(found.group(1))
        # A suite or a test with subtests comes after its subtests, which are indented more.
        before = next((earlier for earlier in reversed(lines[:at]) if re.match(r"\s*(ok|not ok) \d+ |\s*# Subtest", earlier)), "")
        has_children = re.match(r"\s*(ok|not ok) \d+ ", before) and len(before) - len(before.lstrip()) > indent
        if found.group(5) == "SKIP":
            tally.skip()
        elif found.group(2) == "ok":
            if not has_children:
                tally.ok()
        else:
            details = []
            for following in lines[at + 1:at + 80]:
                if following.strip() == "...":
                    break
                details.append(following)
            if not has_children or "subtestsFailed" not in "\n".join(details):
                tally.fail(found.group(3), "\n".join(details))
    return tally
