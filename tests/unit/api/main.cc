#include <gst/gst.h>
#include <gtest/gtest.h>

#include "elements/register.h"
#include "quiet_source.h"

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    trunkline::test::register_quiet_source();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
