#include "tests/support/call_rig.h"

int main(int argc, char** argv) { return trunkline::test::run_element_tests(argc, argv); }
