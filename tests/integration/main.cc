#include <gst/gst.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "elements/register.h"

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
