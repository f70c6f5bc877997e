"""Rules about the text of files: length, head comment, nothing unfinished, nothing of one machine."""
import re

MAX_LINES = 450
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Folders of one machine, and hosts of package registries (a lock file must work behind any mirror).
_MACHINE = re.compile(r"(?<![\w.])/(work|home/\w+|root|tmp/bash_jobs[\w.]*)/[\w.]")
_REGISTRY = re.compile(r"registry\.(npmjs|yarnpkg|npmmirror)\.\w+|deb\.debian\.org|pypi\.org|files\.pythonhosted")


def file_length(repo):
    """No C++ source is longer than a reader's patience."""
    for name, text in repo.cxx():
        lines = text.count("\n")
        if lines > MAX_LINES:
            yield f"{name}:{lines}: {lines} lines, {MAX_LINES} are allowed: split it by reason to change"


def head_comment(repo):
    """Every C++ source of the product begins with what it is for; a pair of .h and .cc says it in one of them."""
    def says(name):
        return any(line.startswith(("//", "/*")) for line in (repo.files.get(name) or "").split("\n")[:14])

    for name, _ in repo.cxx("engine", "elements", "lab"):
        stem = name.rsplit(".", 1)[0]
        if not says(stem + ".h") and not says(stem + ".cc"):
            yield f"{name}:1: begin the file with a comment that says what it is for"


def pragma_once(repo):
    """Every header can be included twice."""
    for name, text in repo.cxx():
        if name.endswith(".h") and "#pragma once" not in text.split("\n")[:3]:
            yield f"{name}:1: #pragma once is missing from the first lines"


def nothing_unfinished(repo):
    """What is not done is an issue, not a word in the source."""
    for name, text in repo.text():
        for match in _UNFINISHED.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(1)}: finish it or open an issue"


def no_machine_paths(repo):
    """No file names a folder of somebody's machine or the host of a package registry."""
    for name, text in repo.text():
        for pattern, what in ((_MACHINE, "a path of one machine"), (_REGISTRY, "the host of a package registry")):
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: {match.group(0)!r} is {what}"


def no_globs(repo):
    """CMake lists name every source: a forgotten file is a build error, not a surprise."""
    for name, text in repo.text():
        if name.endswith(("CMakeLists.txt", ".cmake")) and re.search(r"\bfile\s*\(\s*GLOB", text):
            yield f"{name}:1: file(GLOB) is not used here: list the sources"


RULES = {
    "file-length": file_length,
    "head-comment": head_comment,
    "pragma-once": pragma_once,
    "nothing-unfinished": nothing_unfinished,
    "no-machine-paths": no_machine_paths,
    "no-globs": no_globs,
}
