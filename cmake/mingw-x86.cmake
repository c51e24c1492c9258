# Cross toolchain: gcc mingw-w64, x86.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-w64-mingw32-gcc)
set(CMAKE_CXX_COMPILER i686-w64-mingw32-g++)
set(CMAKE_RC_COMPILER i686-w64-mingw32-windres)
# Cross-built libcurl and cmocka stand where ./dev put them.
if(NOT SALVOR_DEPS AND DEFINED ENV{SALVOR_DEPS})
  set(SALVOR_DEPS "$ENV{SALVOR_DEPS}/x86")
endif()
set(CMAKE_FIND_ROOT_PATH /usr/i686-w64-mingw32 ${SALVOR_DEPS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# One file to deploy: the compiler's runtime goes inside.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -static-libgcc")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static -static-libgcc")
