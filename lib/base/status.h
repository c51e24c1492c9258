/* status.h - the one result code of the whole code base, made from one table (the idea of libuv's UV_ERRNO_MAP).
 *
 * ST_OK is 0. Functions return a status and write their results through out-parameters, only on success. */
#ifndef SALVOR_BASE_STATUS_H
#define SALVOR_BASE_STATUS_H
#include <stdint.h>

#define STATUS_MAP(X)                                                                                                                      \
    X(OK, "ok")                                                                                                                            \
    X(ARGUMENT, "invalid argument")                                                                                                        \
    X(STATE, "not possible in this state")                                                                                                 \
    X(MEMORY, "out of memory")                                                                                                             \
    X(TOO_LARGE, "larger than the limit allows")                                                                                           \
    X(TRUNCATED, "ends before its contents do")                                                                                            \
    X(FORMAT, "not in the expected format")                                                                                                \
    X(VERSION, "of a version that is not understood")                                                                                      \
    X(CHECKSUM, "damaged: the checksum does not match")                                                                                    \
    X(NOT_FOUND, "not found")                                                                                                              \
    X(EXISTS, "exists already")                                                                                                            \
    X(ACCESS, "access denied")                                                                                                             \
    X(BUSY, "in use")                                                                                                                      \
    X(FULL, "no space left")                                                                                                               \
    X(READ_ONLY, "read-only")                                                                                                              \
    X(IO, "input/output error")                                                                                                            \
    X(CLOSED, "closed by the other side")                                                                                                  \
    X(TIMEOUT, "timed out")                                                                                                                \
    X(NETWORK, "network error")                                                                                                            \
    X(REFUSED, "refused")                                                                                                                  \
    X(UNSUPPORTED, "not supported here")                                                                                                   \
    X(END, "end of data")                                                                                                                  \
    X(SYSTEM, "system error")

enum status {
#define STATUS_ENUM(name, text) ST_##name,
    STATUS_MAP(STATUS_ENUM)
#undef STATUS_ENUM
        ST_COUNT
};

/* A short English text without a final stop; never NULL, also for values that are no status. Static. */
const char *status_text(enum status status);

/* The status's constant without its prefix, such as "NOT_FOUND". Static. */
const char *status_name(enum status status);

/* The one translation of errno values. 0 gives ST_OK, unknown values ST_SYSTEM. */
enum status status_from_errno(int error);

/* The one translation of Win32 error codes (winerror.h). ERROR_SUCCESS gives ST_OK, unknown values ST_SYSTEM. */
enum status status_from_win32(uint32_t error);

#endif
