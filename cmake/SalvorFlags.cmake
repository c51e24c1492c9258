# One set of flags for products and tests alike.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(salvor_flags INTERFACE)
target_include_directories(salvor_flags INTERFACE "${CMAKE_SOURCE_DIR}/lib")
if(MSVC)
  target_compile_options(salvor_flags INTERFACE /W4 /utf-8 /experimental:c11atomics $<$<BOOL:${SALVOR_WERROR}>:/WX>)
else()
  target_compile_options(salvor_flags INTERFACE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -fno-strict-aliasing
    $<$<BOOL:${SALVOR_WERROR}>:-Werror>)
  if(MINGW AND CMAKE_SIZEOF_VOID_P EQUAL 4) # gcc 12 takes NtCurrentTeb's read through fs for one in the NULL page
    target_compile_options(salvor_flags INTERFACE --param=min-pagesize=0)
  endif()
  if(NOT MINGW) # mingw's protector needs libssp, which a program that only says -lsalvor does not link
    target_compile_options(salvor_flags INTERFACE -fstack-protector-strong)
  endif()
endif()
if(WIN32)
  # Windows 8.1 and later; W functions only.
  target_compile_definitions(salvor_flags INTERFACE UNICODE _UNICODE WIN32_LEAN_AND_MEAN NOMINMAX _WIN32_WINNT=0x0603
    __USE_MINGW_ANSI_STDIO=1 _CRT_SECURE_NO_WARNINGS)
else()
  target_compile_definitions(salvor_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
endif()
if(SALVOR_SANITIZE)
  add_compile_options(-fsanitize=${SALVOR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SALVOR_SANITIZE})
endif()

# salvor_library(NAME SOURCES... [LINK libs...] [WIN files...] [POSIX files...]): one static library per folder.
function(salvor_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;WIN;POSIX;LINK" ${ARGN})
  set(sources ${ARG_SOURCES})
  if(WIN32)
    list(APPEND sources ${ARG_WIN})
  else()
    list(APPEND sources ${ARG_POSIX})
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC salvor_flags ${ARG_LINK})
  if(MINGW AND name MATCHES "^salvor_(base|proto|writer)$") # they go into other people's programs, where bytes count
    target_compile_options(${name} PRIVATE -Oz -fno-ident)
  endif()
endfunction()
