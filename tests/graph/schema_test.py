"""The JSON Schema that editors use, held against the corpus and the graphs of the repository.

Every valid graph passes; a broken one is rejected where its .expect file says "schema rejects" and passes where it says
"schema accepts" (what is wrong there takes GStreamer, the environment or another file to see). Cases without such a line
are no YAML that a schema could be asked about.
"""
import json
import os
import pathlib
import re
import sys
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"SKIP: {missing}: install python3-jsonschema and python3-yaml")
    sys.exit(77)

ROOT = pathlib.Path(os.environ.get("TRUNKLINE_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
CORPUS = ROOT / "tests/graph/corpus"


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 words: only true and false are booleans, as for the engine."""


CoreLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def problems(path):
    schema = json.loads((ROOT / "schemas/call-graph.schema.json").read_text())
    document = yaml.load(path.read_text(), Loader=CoreLoader)
    return [f"{list(e.path)}: {e.message}" for e in jsonschema.Draft7Validator(schema).iter_errors(document)]


class CallGraphSchema(unittest.TestCase):
    def test_is_itself_a_valid_schema(self):
        jsonschema.Draft7Validator.check_schema(json.loads((ROOT / "schemas/call-graph.schema.json").read_text()))

    def test_accepts_every_valid_graph(self):
        paths = sorted([*(CORPUS / "valid").glob("*.yaml"), *(ROOT / "graphs").glob("*.yaml")])
        self.assertGreater(len(paths), 12)
        for path in paths:
            with self.subTest(path.name):
                self.assertEqual(problems(path), [])

    def test_judges_broken_graphs_as_their_expectations_say(self):
        judged = 0
        for expect in sorted((CORPUS / "broken").glob("*.expect")):
            verdict = [line.split()[1] for line in expect.read_text().splitlines() if line.startswith("schema ")]
            if not verdict:
                continue
            judged += 1
            found = problems(expect.with_suffix(".yaml"))
            with self.subTest(expect.stem):
                self.assertEqual("rejects" if found else "accepts", verdict[0], found)
        self.assertGreater(judged, 60)


if __name__ == "__main__":
    unittest.main()
