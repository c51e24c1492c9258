# Cross toolchain: gcc mingw-w64, x86.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-w64-mingw32-gcc)
set(CMAKE_CXX_COMPILER i686-w64-mingw32-g++)
set(CMAKE_RC_COMPILER i686-w64-mingw32-windres)
set(SALVOR_DEPS_ARCH x86)
include("${CMAKE_CURRENT_LIST_DIR}/mingw-common.cmake")
