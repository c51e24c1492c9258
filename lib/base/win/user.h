/* user.h - whose process it is. Windows only. */
#ifndef SALVOR_BASE_WIN_USER_H
#define SALVOR_BASE_WIN_USER_H
#include "base/status.h"
#include <windows.h>

/* SECURITY_MAX_SID_SIZE */
#define USER_MAX_SID_BYTES 68

/* The SID of the user whom the process runs as, as bytes. process needs PROCESS_QUERY_LIMITED_INFORMATION. */
enum status user_sid(HANDLE process, uint8_t ret[USER_MAX_SID_BYTES], size_t *ret_bytes);

#endif
