# What both cross toolchains share. Cross-built libcurl and cmocka stand where './dev deps' put them: .cache/deps, or the
# folder that the environment variable SALVOR_DEPS names (with x64 and x86 below it).
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SALVOR_DEPS)
if(NOT SALVOR_DEPS)
  if(DEFINED ENV{SALVOR_DEPS})
    set(SALVOR_DEPS "$ENV{SALVOR_DEPS}/${SALVOR_DEPS_ARCH}")
  else()
    get_filename_component(SALVOR_DEPS "${CMAKE_CURRENT_LIST_DIR}/../.cache/deps/${SALVOR_DEPS_ARCH}" ABSOLUTE)
  endif()
endif()
# The deps folder comes first: it holds the static zlib only, where the system's folder offers the import library as well.
set(CMAKE_FIND_ROOT_PATH "${SALVOR_DEPS}" "/usr/${CMAKE_SYSTEM_PROCESSOR}-w64-mingw32")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ZLIB_USE_STATIC_LIBS ON)
# One file to deploy: the compiler's runtime goes inside.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -static-libgcc")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static -static-libgcc")
