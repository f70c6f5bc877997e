trunkline_test(unit_api_vonage
  SOURCES api/main.cc api/quiet_source.cc api/vonage_rig.cc api/vonage_routes_test.cc carriers/fake_api.cc carriers/rsa_key.cc
          net/server_support.cc net/support.cc
  DEPS engine_api engine_call engine_carriers elements PkgConfig::GIO PkgConfig::GST PkgConfig::OPENSSL PkgConfig::SOUP Threads::Threads
  LABELS quick)
