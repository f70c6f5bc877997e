"""What the rules look at: the files of the repository and the includes of its C++ sources."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CXX_SUFFIXES = (".h", ".cc")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


class Repository:
    """A tree of files by name; tests hand in a tree of their own."""

    def __init__(self, files):
        self.files = dict(files)  # path from the root -> text

    @classmethod
    def from_disk(cls, root=ROOT):
        """Everything git tracks or would track; without git (a source archive) everything but build results."""
        try:
            listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, check=True,
                                    capture_output=True).stdout.decode().split("\0")
        except (OSError, subprocess.CalledProcessError):
            skip = {"build", "var", "node_modules", ".git", "__pycache__"}
            listed = [str(path.relative_to(root)) for path in root.rglob("*")
                      if not skip & set(path.relative_to(root).parts)]
        files = {}
        for name in sorted(filter(None, listed)):
            path = root / name
            if not path.is_file() or path.is_symlink():
                continue
            try:
                files[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                files[name] = None  # binary: recordings, fuzz corpora
        return cls(files)

    def cxx(self, *tops):
        """(path, text) of the C++ sources below the named top folders, of all when none is named."""
        for name, text in self.files.items():
            if text is not None and name.endswith(CXX_SUFFIXES) and (not tops or name.split("/")[0] in tops):
                yield name, text

    def text(self):
        for name, text in self.files.items():
            if text is not None:
                yield name, text


def includes(text):
    """(line number, path, quoted) of every #include."""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(2), match.group(1) == '"'
