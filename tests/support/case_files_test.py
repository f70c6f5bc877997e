"""The counting of `./dev test`: no failure may be lost and no case counted twice."""
import pathlib
import tempfile
import unittest

import case_files
from tally import telling_lines

GTEST = """<testsuites><testsuite name="Ring">
  <testcase name="HoldsWhatFits" status="run" result="completed" classname="Ring"/>
  <testcase name="RefusesWhatDoesNot" status="run" result="completed" classname="Ring">
    <failure message="ring_test.cc:9&#10;Expected equality">ring_test.cc:9
Expected equality</failure></testcase>
  <testcase name="Later" status="run" result="skipped" classname="Ring"/>
</testsuite></testsuites>"""


def junit(*cases):
    return "<testsuite>" + "".join(
        f'<testcase name="{name}" status="{status}">{"" if status == "run" else "<failure/>"}'
        f"<system-out>{output}</system-out></testcase>" for name, status, output in cases) + "</testsuite>"


class Counting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def ctest(self, reports, *cases):
        (self.folder / "ctest.junit").write_text(junit(*cases))
        for name, text in reports.items():
            (self.folder / name).write_text(text)
        return case_files.ctest_junit(self.folder / "ctest.junit", {}, self.folder)

    def test_single_googletest_cases_are_counted(self):
        tally = self.ctest({"ring_test.xml": GTEST}, ("ring_test", "fail", "…"))
        self.assertEqual(tally.line(), "1 passed, 1 failed, 1 skipped")
        self.assertEqual(tally.failures[0][0], "ring_test: Ring.RefusesWhatDoesNot")
        self.assertIn("ring_test.cc:9", tally.failures[0][1])

    def test_a_crash_without_a_report_is_one_failure_with_its_output(self):
        tally = self.ctest({}, ("ring_test", "fail", "Segmentation fault"))
        self.assertEqual([name for name, _ in tally.failures], ["ring_test"])
        self.assertTrue(tally.failures[0][1].startswith("Segmentation fault"))
        self.assertEqual((self.folder / "ring_test.log").read_text(), "Segmentation fault")

    def test_the_report_of_a_sanitizer_is_shown_from_its_beginning(self):
        output = "\n".join(["noise"] * 100 + ["==1==ERROR: AddressSanitizer: heap-use-after-free"] + ["frame"] * 100)
        self.assertIn("heap-use-after-free", telling_lines(output)[0])

    def test_a_leak_found_after_all_cases_passed_is_a_failure(self):
        clean = '<testsuites><testcase name="A" status="run" result="completed" classname="B"/></testsuites>'
        tally = self.ctest({"ring_test.xml": clean}, ("ring_test", "fail", "LeakSanitizer: detected"))
        self.assertEqual(tally.line(), "1 passed, 1 failed")

    def test_a_report_of_another_program_with_a_longer_name_is_not_taken(self):
        clean = '<testsuites><testcase name="A" status="run" result="completed" classname="B"/></testsuites>'
        tally = self.ctest({"ring.xml": clean, "ring_test.xml": clean}, ("ring", "run", ""), ("ring_test", "run", ""))
        self.assertEqual(tally.line(), "2 passed, 0 failed")

    def test_python_cases_are_counted_from_their_output(self):
        self.assertEqual(self.ctest({}, ("rules", "run", "Ran 24 tests in 0.01s\n\nOK")).line(), "24 passed, 0 failed")

    def test_a_broken_report_is_a_failure(self):
        self.assertEqual(len(self.ctest({"ring_test.xml": "<testsuites>"}, ("ring_test", "fail", "x")).failures), 1)

    def test_a_program_that_could_not_be_run_is_a_failure(self):
        self.assertEqual(len(self.ctest({}, ("ring_test", "notrun", "")).failures), 1)


class Node(unittest.TestCase):
    TAP = """TAP version 13
# Subtest: a suite
    # Subtest: first
    ok 1 - first
      ---
      duration_ms: 1
      ...
    # Subtest: second
    not ok 2 - second
      ---
      error: 'expected 200'
      ...
    1..2
not ok 1 - a suite
  ---
  failureType: 'subtestsFailed'
  ...
# Subtest: alone
ok 2 - alone
  ---
  ...
ok 3 - later # SKIP not here
1..3
"""

    def test_leaves_are_counted_and_suites_are_not(self):
        tally = case_files.node_tap(self.TAP)
        self.assertEqual(tally.line(), "2 passed, 1 failed, 1 skipped")
        self.assertEqual(tally.failures[0][0], "second")
        self.assertIn("expected 200", tally.failures[0][1])


if __name__ == "__main__":
    unittest.main()
