# The simulated Twilio: pure parts, and lines 36 to 43 of the conformance checklist against a server that can break rules.
add_library(lab_twilio_fake_server STATIC lab_twilio/fake_server.cc)
target_link_libraries(lab_twilio_fake_server PUBLIC trunkline_flags engine_core lab_twilio Threads::Threads)

trunkline_test(unit_lab_twilio_parts
  SOURCES lab_twilio/parts_test.cc lab_twilio/signature_test.cc lab_twilio/ws_frames_test.cc
  DEPS lab_twilio gtest_main LABELS quick)
trunkline_test(unit_lab_twilio
  SOURCES lab_twilio/dial_test.cc lab_twilio/media_test.cc lab_twilio/violations_test.cc lab_twilio/endings_test.cc
          lab_twilio/faults_test.cc lab_twilio/webhook_test.cc
  DEPS lab_twilio_fake_server gtest_main LABELS quick)
