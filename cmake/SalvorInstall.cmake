# What 'cmake --install' lays out beside the programs, which each product's CMakeLists.txt installs: the client library with its package
# files (find_package(salvor), pkg-config), the .reg files, and the papers.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DATADIR}/salvor")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DATADIR}/salvor/docs" FILES_MATCHING PATTERN "*.md")

if(WIN32)
  install(FILES "${CMAKE_SOURCE_DIR}/veh/salvor.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(DIRECTORY "${CMAKE_SOURCE_DIR}/reg/" DESTINATION "${CMAKE_INSTALL_DATADIR}/salvor/reg" FILES_MATCHING PATTERN "*.reg")
  # The import library goes where the archive goes; with MSVC the static parts are not one library, so the DLL is the package there.
  install(TARGETS salvor_dll RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" ARCHIVE DESTINATION lib)
  if(MINGW)
    install(FILES "${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libsalvor.a" DESTINATION lib)
  endif()

  configure_package_config_file("${CMAKE_SOURCE_DIR}/cmake/salvor-config.cmake.in" "${CMAKE_BINARY_DIR}/salvor-config.cmake"
    INSTALL_DESTINATION lib/cmake/salvor)
  write_basic_package_version_file("${CMAKE_BINARY_DIR}/salvor-config-version.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_BINARY_DIR}/salvor-config.cmake" "${CMAKE_BINARY_DIR}/salvor-config-version.cmake"
    DESTINATION lib/cmake/salvor)
  configure_file("${CMAKE_SOURCE_DIR}/cmake/salvor.pc.in" "${CMAKE_BINARY_DIR}/salvor.pc" @ONLY)
  install(FILES "${CMAKE_BINARY_DIR}/salvor.pc" DESTINATION lib/pkgconfig)
endif()
