// Starts GStreamer with the engine's elements, then runs the tests.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "elements/register.h"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    const int result = RUN_ALL_TESTS();
    gst_deinit();
    return result;
}
