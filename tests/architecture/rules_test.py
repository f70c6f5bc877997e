"""The rules themselves: each must find the breach it is there for, and must leave alone what is allowed."""
import unittest

import include_rules
import text_rules
from repository import Repository, includes


def one_include(rule, path, included):
    return list(rule(Repository({path: f'#pragma once\n#include {included}\n'})))


class IncludeDirections(unittest.TestCase):
    def test_a_box_may_not_include_a_box_above_it(self):
        found = one_include(include_rules.engine_directions, "engine/core/a.h", '"engine/loop/shard.h"')
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("engine/core/a.h:2: "), found[0])

    def test_a_box_may_include_boxes_below_it_and_itself(self):
        for included in ('"engine/core/result.h"', '"engine/net/websocket.h"', '"engine/gst/gst_ptr.h"'):
            self.assertEqual(one_include(include_rules.engine_directions, "engine/gst/a.cc", included), [])

    def test_storage_knows_no_gstreamer(self):
        self.assertTrue(one_include(include_rules.engine_directions, "engine/storage/a.cc", '"engine/gst/gst_ptr.h"'))

    def test_an_unknown_box_is_reported(self):
        self.assertTrue(one_include(include_rules.engine_directions, "engine/misc/a.cc", '"engine/core/result.h"'))

    def test_main_may_include_everything(self):
        for rule in (include_rules.engine_directions, include_rules.no_elements_in_engine):
            self.assertEqual(one_include(rule, "engine/main.cc", '"elements/register.h"'), [])

    def test_the_engine_knows_no_element(self):
        self.assertTrue(one_include(include_rules.no_elements_in_engine, "engine/call/call.cc", '"elements/register.h"'))


class Elements(unittest.TestCase):
    def test_one_family_may_not_include_another(self):
        self.assertTrue(one_include(include_rules.elements_stand_alone, "elements/twilio/a.cc", '"elements/hume/b.h"'))

    def test_a_family_may_include_itself_and_the_media_boxes(self):
        for included in ('"elements/twilio/b.h"', '"engine/line/playout.h"', '"engine/gst/event_pad.h"', '"engine/events/fact.h"', "<gst/gst.h>"):
            self.assertEqual(one_include(include_rules.elements_stand_alone, "elements/twilio/a.cc", included), [])

    def test_an_element_may_not_include_the_call(self):
        self.assertTrue(one_include(include_rules.elements_stand_alone, "elements/twilio/a.cc", '"engine/call/call.h"'))

    def test_protocol_code_knows_neither_gstreamer_nor_sockets(self):
        for included in ("<gst/gst.h>", "<sys/socket.h>", '"engine/net/websocket.h"', '"engine/gst/gst_ptr.h"'):
            self.assertTrue(one_include(include_rules.protocols_are_pure, "elements/twilio/twilio_protocol.h", included))

    def test_protocol_code_may_use_core_and_signatures(self):
        for included in ('"engine/core/json.h"', '"engine/net/signature.h"', "<string>"):
            self.assertEqual(
                one_include(include_rules.protocols_are_pure, "elements/twilio/twilio_protocol.cc", included), [])


class Lab(unittest.TestCase):
    def test_the_lab_may_not_use_the_engines_network_or_protocols(self):
        for included in ('"engine/net/websocket.h"', '"elements/twilio/twilio_protocol.h"'):
            self.assertTrue(one_include(include_rules.lab_writes_its_own_side, "lab/twilio/a.cc", included))

    def test_the_lab_may_use_core(self):
        self.assertEqual(one_include(include_rules.lab_writes_its_own_side, "lab/twilio/a.cc", '"engine/core/json.h"'), [])


class HeavyHeaders(unittest.TestCase):
    def test_heavy_libraries_stay_out_of_headers_that_others_include(self):
        for included in ("<spdlog/spdlog.h>", "<nlohmann/json.hpp>", "<soci/soci.h>", "<yaml-cpp/yaml.h>", "<simdjson.h>",
                         "<valijson/validator.hpp>", "<prometheus/text_serializer.h>"):
            for user in ("engine/core/b.h", "engine/loop/b.cc"):
                files = {"engine/core/a.h": f"#include {included}\n", user: '#include "engine/core/a.h"\n'}
                self.assertTrue(list(include_rules.heavy_headers_stay_inside(Repository(files))), included)

    def test_a_private_header_may_wrap_a_heavy_library(self):
        files = {"engine/storage/a.h": "#include <soci/soci.h>\n", "engine/storage/b.cc": '#include "engine/storage/a.h"\n'}
        self.assertEqual(list(include_rules.heavy_headers_stay_inside(Repository(files))), [])

    def test_the_command_line_library_is_for_main_only(self):
        self.assertTrue(one_include(include_rules.heavy_headers_stay_inside, "engine/cli/plan.cc", "<CLI/CLI.hpp>"))
        self.assertEqual(one_include(include_rules.heavy_headers_stay_inside, "lab/main.cc", "<CLI/CLI.hpp>"), [])

    def test_relative_includes_are_refused(self):
        self.assertTrue(one_include(include_rules.includes_from_the_root, "engine/core/a.cc", '"a.h"'))


class Text(unittest.TestCase):
    def test_long_files_are_found(self):
        self.assertTrue(list(text_rules.file_length(Repository({"engine/a.cc": "\n" * (text_rules.MAX_LINES + 1)}))))
        self.assertFalse(list(text_rules.file_length(Repository({"engine/a.cc": "\n" * text_rules.MAX_LINES}))))

    def test_a_file_without_a_word_about_itself_is_found(self):
        self.assertTrue(list(text_rules.head_comment(Repository({"engine/core/a.h": "#pragma once\nint a();\n"}))))
        self.assertFalse(list(text_rules.head_comment(Repository({"engine/core/a.h": "#pragma once\n// For this.\n"}))))

    def test_a_header_without_pragma_once_is_found(self):
        self.assertTrue(list(text_rules.pragma_once(Repository({"engine/core/a.h": "int a();\n"}))))

    def test_unfinished_work_is_found(self):
        word = "TO" + "DO"
        self.assertTrue(list(text_rules.nothing_unfinished(Repository({"a.cc": f"// {word}: later\n"}))))
        self.assertFalse(list(text_rules.nothing_unfinished(Repository({"a.cc": "// mastodon\n"}))))

    def test_machine_paths_and_registry_hosts_are_found(self):
        for text in ("see /wo" "rk/main/a", "log in /home/" "somebody/x", "https://registry." "npmjs.org/x"):
            self.assertTrue(list(text_rules.no_machine_paths(Repository({"a.md": text}))), text)
        for text in ("GET /work", "https://example.com/work/a", "build/work/a"):
            self.assertFalse(list(text_rules.no_machine_paths(Repository({"a.md": text}))), text)

    def test_globs_are_found(self):
        self.assertTrue(list(text_rules.no_globs(Repository({"a/CMakeLists.txt": "file(GLOB sources *.cc)\n"}))))


class Reading(unittest.TestCase):
    def test_includes_are_read_with_their_lines(self):
        text = '#pragma once\n#include <gst/gst.h>\n\n#  include "engine/core/json.h"\n// #include "no.h"\n'
        self.assertEqual(list(includes(text)), [(2, "gst/gst.h", False), (4, "engine/core/json.h", True)])

    def test_the_repository_itself_is_read(self):
        self.assertIn("CMakeLists.txt", Repository.from_disk().files)


if __name__ == "__main__":
    unittest.main()
