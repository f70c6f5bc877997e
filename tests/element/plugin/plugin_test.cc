// The built plugin, as gst-inspect-1.0 and gst-launch-1.0 see it: its elements, their documentation, and what people
// are told who try them outside of a call.
#include <gst/gst.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/temp_folder.h"

namespace {

constexpr const char* kElements[] = {"callsrc",    "callsink",      "twiliosrc", "twiliosink", "vonagesrc",
                                     "vonagesink", "deepgramagent", "humeevi",   "gain",       "bargein",
                                     "dbsink",     "webhooksink",   "recordsink"};

struct Ran {
    int code = -1;
    std::string output;
};

/// Runs a GStreamer tool with our plugin and no other, and a registry of its own.
class PluginTest : public testing::Test {
  protected:
    Ran run(const std::string& command) const {
        const std::string line = "GST_REGISTRY=" + folder_.path() +
                                 "/registry.bin GST_PLUGIN_SYSTEM_PATH= GST_PLUGIN_PATH=" PLUGIN_FOLDER
                                 " GST_REGISTRY_FORK=no " +
                                 command + " 2>&1";
        Ran ran;
        FILE* pipe = popen(line.c_str(), "r");
        if (!pipe) return ran;
        char buffer[4096];
        while (const size_t size = fread(buffer, 1, sizeof buffer, pipe)) ran.output.append(buffer, size);
        const int status = pclose(pipe);
        ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return ran;
    }
    const trunkline::test::TempFolder folder_;
};

TEST_F(PluginTest, ShowsAllItsElements) {
    const Ran ran = run("gst-inspect-1.0 trunkline");
    EXPECT_EQ(ran.code, 0) << ran.output;
    for (const char* name : kElements) {
        EXPECT_NE(ran.output.find("  " + std::string(name) + ":"), std::string::npos) << name << " in\n" << ran.output;
    }
    EXPECT_NE(ran.output.find(std::to_string(std::size(kElements)) + " features"), std::string::npos) << ran.output;
}

TEST_F(PluginTest, EveryElementCanBeInspected) {
    for (const char* name : kElements) {
        const Ran ran = run(std::string("gst-inspect-1.0 ") + name);
        EXPECT_EQ(ran.code, 0) << name << "\n" << ran.output;
        EXPECT_NE(ran.output.find("Long-name"), std::string::npos) << ran.output;
        EXPECT_EQ(ran.output.find("CRITICAL"), std::string::npos) << ran.output;
        EXPECT_EQ(ran.output.find("WARNING"), std::string::npos) << ran.output;
    }
}

TEST_F(PluginTest, LaunchingACarriersElementsSaysWhyThatCannotBe) {
    const Ran ran = run("timeout 20 gst-launch-1.0 twiliosrc ! twiliosink");
    EXPECT_NE(ran.code, 0);
    EXPECT_NE(ran.code, 124) << "it must not hang";
    EXPECT_NE(ran.output.find("runs only inside a Twilio call"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("trunkline serve"), std::string::npos) << ran.output;
}

TEST_F(PluginTest, LaunchingTheStandInsSaysWhyThatCannotBe) {
    const Ran ran = run("timeout 20 gst-launch-1.0 callsrc ! callsink");
    EXPECT_NE(ran.code, 0);
    EXPECT_NE(ran.code, 124) << "it must not hang";
    EXPECT_NE(ran.output.find("only in a call graph"), std::string::npos) << ran.output;
}

TEST(Plugin, EveryPropertyAndElementIsDescribed) {
    GError* error = nullptr;
    GstPlugin* plugin = gst_plugin_load_file(PLUGIN_FILE, &error);
    ASSERT_NE(plugin, nullptr) << error->message;
    for (const char* name : kElements) {
        GstElement* element = gst_element_factory_make(name, nullptr);
        ASSERT_NE(element, nullptr) << name;
        guint count = 0;
        GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
        for (guint i = 0; i < count; ++i) {
            const char* blurb = g_param_spec_get_blurb(specs[i]);
            EXPECT_TRUE(blurb && *blurb) << name << "." << specs[i]->name;
        }
        g_free(specs);
        const char* description = gst_element_get_metadata(element, GST_ELEMENT_METADATA_DESCRIPTION);
        EXPECT_TRUE(description && *description) << name;
        gst_object_unref(element);
    }
    gst_object_unref(plugin);
}

}  // namespace

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
