trunkline_test(unit_carriers
  SOURCES carriers/signature_test.cc carriers/twiml_test.cc carriers/webhook_test.cc
  DEPS engine_carriers PkgConfig::GLIB gtest_main
  LABELS quick)
trunkline_test(unit_carriers_rest
  SOURCES carriers/rest_test.cc carriers/fake_api.cc
  DEPS engine_carriers PkgConfig::SOUP gtest_main Threads::Threads
  LABELS quick)
trunkline_test(unit_carriers_vonage
  SOURCES carriers/jwt_test.cc carriers/vonage_ncco_test.cc carriers/vonage_rest_test.cc carriers/vonage_signature_test.cc
          carriers/vonage_webhook_test.cc carriers/fake_api.cc carriers/rsa_key.cc
  DEPS engine_carriers PkgConfig::OPENSSL PkgConfig::SOUP gtest_main Threads::Threads
  LABELS quick)
target_compile_definitions(unit_carriers_vonage PRIVATE
  TRUNKLINE_REST_BODIES="${CMAKE_CURRENT_SOURCE_DIR}/carriers/vonage_rest_bodies.json")
