# Cross toolchain: gcc mingw-w64, x64.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(SALVOR_DEPS_ARCH x64)
include("${CMAKE_CURRENT_LIST_DIR}/mingw-common.cmake")
