#include <gst/gst.h>
#include <gtest/gtest.h>

#include "elements/register.h"

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
