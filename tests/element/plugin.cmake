if(NOT TRUNKLINE_SANITIZE) # an instrumented plugin does not load into the plain gst-inspect-1.0 and gst-launch-1.0
  trunkline_test(plugin_test SOURCES plugin/plugin_test.cc DEPS PkgConfig::GST LABELS quick)
  add_dependencies(plugin_test gsttrunkline)
  target_compile_definitions(plugin_test PRIVATE PLUGIN_FILE="$<TARGET_FILE:gsttrunkline>" PLUGIN_FOLDER="$<TARGET_FILE_DIR:gsttrunkline>")
endif()
