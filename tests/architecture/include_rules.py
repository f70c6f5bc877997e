"""Who may include whom. The linker enforces the same between static libraries; this also sees headers and says why.

    core <- loop <- net <- gst <- graph <- call <- api <- main
    core <- events <- storage         gst may use events (facts, the turn clock)
    line -> core, loop, net, gst, events: what carriers' elements share
    elements -> core, loop, net, gst, events, line; never each other
    carriers -> core, loop, net       lab -> core
"""
import re

from repository import includes

_MEDIA = {"core", "loop", "net", "events", "gst"}
_ALL_BUT_PROGRAM = _MEDIA | {"graph", "storage", "carriers", "config", "call", "api"}

# What a box of engine/ may include besides itself.
MAY_INCLUDE = {
    "core": set(),
    "loop": {"core"},
    "net": {"core", "loop"},
    "events": {"core"},
    "gst": _MEDIA,
    "line": _MEDIA,
    "graph": _MEDIA,
    "storage": {"core", "events"},
    "carriers": {"core", "loop", "net"},
    "config": {"core"},
    "call": _MEDIA | {"graph", "carriers", "config"},
    "api": _ALL_BUT_PROGRAM,
    "cli": _ALL_BUT_PROGRAM,
}
ELEMENTS_MAY_INCLUDE = _MEDIA | {"line"}

# Files that may name elements: the program itself, where everything is wired together.
MAY_NAME_ELEMENTS = re.compile(r"^engine/(main\.cc|cli/serve[a-z_]*\.(h|cc))$")

# Slow to compile, or throwing: they stay inside the .cc files of the box that needs them.
HEAVY = {
    "CLI11": re.compile(r"^CLI/"),
    "spdlog": re.compile(r"^spdlog/"),
    "valijson": re.compile(r"^valijson/"),
    "nlohmann": re.compile(r"^nlohmann/"),
    "SOCI": re.compile(r"^soci/"),
    "yaml-cpp": re.compile(r"^yaml-cpp/"),
    "simdjson": re.compile(r"^simdjson"),
    "prometheus": re.compile(r"^prometheus/"),
}
CLI11_FILES = re.compile(r"(^|/)main\.cc$")

# GStreamer and sockets, which pure protocol code must not know.
IMPURE = re.compile(r"^(gst/|gio/|libsoup/|wslay/|sys/socket\.h|sys/epoll\.h|netinet/|arpa/|netdb\.h|poll\.h|"
                    r"engine/gst/|engine/loop/|engine/net/(?!signature\.h))")


def _box(path):
    parts = path.split("/")
    if parts[0] == "engine":
        return parts[1] if len(parts) > 2 else "main"
    return None


def engine_directions(repo):
    """engine/: a box includes only boxes below it."""
    for name, text in repo.cxx("engine"):
        box = _box(name)
        if box == "main":
            continue
        if box not in MAY_INCLUDE:
            yield f"{name}:1: engine/{box}/ has no place in tests/architecture/include_rules.py: add it with its arrows"
            continue
        for line, path, quoted in includes(text):
            target = _box(path) if quoted else None
            if target and target != box and target not in MAY_INCLUDE[box]:
                yield f"{name}:{line}: engine/{box} must not include {path}: engine/{target} is not below it"


def no_elements_in_engine(repo):
    """engine/ never names an element, but where the program is wired together."""
    for name, text in repo.cxx("engine"):
        if MAY_NAME_ELEMENTS.match(name):
            continue
        for line, path, _ in includes(text):
            if path.startswith("elements/"):
                yield f"{name}:{line}: only engine/main.cc may include {path}: the engine knows elements by factory name"


def elements_stand_alone(repo):
    """elements/: a family uses core, loop, net, gst, events and line, and no other family."""
    for name, text in repo.cxx("elements"):
        parts = name.split("/")
        family = parts[1] if len(parts) > 2 else None
        for line, path, quoted in includes(text):
            target = path.split("/")
            if not quoted:
                continue
            if target[0] == "engine" and _box(path) not in ELEMENTS_MAY_INCLUDE:
                yield f"{name}:{line}: an element must not include {path}: it works without a call and without the engine"
            if target[0] == "elements" and family and len(target) > 2 and target[1] != family:
                yield f"{name}:{line}: elements/{family} must not include {path}: families meet only in a graph"
            if target[0] in ("lab", "tests", "benchmarks"):
                yield f"{name}:{line}: an element must not include {path}"


def lab_writes_its_own_side(repo):
    """lab/ shares nothing with the engine but core, so that it can find the engine's errors."""
    for name, text in repo.cxx("lab"):
        for line, path, quoted in includes(text):
            if quoted and (path.startswith("elements/") or (path.startswith("engine/") and _box(path) != "core")):
                yield f"{name}:{line}: the lab must not include {path}: a simulator with the engine's code repeats its errors"


def nothing_includes_tests(repo):
    """engine/ and lab/ never include tests or benchmarks, and the engine never the lab."""
    for name, text in repo.cxx("engine", "lab"):
        top = name.split("/")[0]
        for line, path, quoted in includes(text):
            target = path.split("/")[0]
            if quoted and (target in ("tests", "benchmarks") or (top == "engine" and target == "lab")):
                yield f"{name}:{line}: {top}/ must not include {path}"


def protocols_are_pure(repo):
    """X_protocol.{h,cc}: bytes to structs and back, without GStreamer and without sockets."""
    for name, text in repo.cxx("engine", "elements"):
        if not re.search(r"_protocol\.(h|cc)$", name):
            continue
        for line, path, _ in includes(text):
            if IMPURE.match(path):
                yield f"{name}:{line}: protocol code must not include {path}: it turns bytes into structs and does nothing else"


def heavy_headers_stay_inside(repo):
    """Heavy libraries stay in .cc files, or in a private header that .cc files of its own folder alone include; CLI11 in main.cc."""
    users = {}
    for name, text in repo.cxx():
        for _, path, quoted in includes(text):
            if quoted:
                users.setdefault(path, []).append(name)

    for name, text in repo.cxx("engine", "elements", "lab"):
        folder = name.rsplit("/", 1)[0]
        outside = [user for user in users.get(name, ()) if user.endswith(".h") or user.rsplit("/", 1)[0] != folder]
        for line, path, _ in includes(text):
            for library, pattern in HEAVY.items():
                if not pattern.match(path):
                    continue
                if library == "CLI11" and not CLI11_FILES.search(name):
                    yield f"{name}:{line}: CLI11 belongs in main.cc files: pass plain options from there"
                elif name.endswith(".h") and outside:
                    yield (f"{name}:{line}: {library} reaches {outside[0]} through this header: "
                           f"include {path} in .cc files and hide it behind the interface")


def includes_from_the_root(repo):
    """Quoted includes are paths from the repository root; a test may name its neighbour."""
    tops = ("engine/", "elements/", "lab/", "tests/", "benchmarks/")
    for name, text in repo.cxx():
        for line, path, quoted in includes(text):
            neighbour = name.startswith("tests/") and f"{name.rsplit('/', 1)[0]}/{path}" in repo.files
            if quoted and not path.startswith(tops) and not neighbour:
                yield f'{name}:{line}: write "{path}" as a path from the repository root, or in <> when it is not ours'


RULES = {
    "include-directions": engine_directions,
    "engine-knows-no-elements": no_elements_in_engine,
    "elements-stand-alone": elements_stand_alone,
    "lab-writes-its-own-side": lab_writes_its_own_side,
    "nothing-includes-tests": nothing_includes_tests,
    "pure-protocols": protocols_are_pure,
    "heavy-headers": heavy_headers_stay_inside,
    "includes-from-the-root": includes_from_the_root,
}
