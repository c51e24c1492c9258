/* user.c - see user.h. */
#include "base/win/user.h"
#include "base/win/error.h"
#include <string.h>

enum status user_sid(HANDLE process, uint8_t ret[USER_MAX_SID_BYTES], size_t *ret_bytes)
{
    union {
        TOKEN_USER user;
        uint8_t bytes[sizeof(TOKEN_USER) + USER_MAX_SID_BYTES];
    } info;
    HANDLE token = NULL;
    DWORD size = 0;
    enum status status = ST_OK;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return error_last();
    if (!GetTokenInformation(token, TokenUser, &info, sizeof info, &size))
        status = error_last();
    CloseHandle(token);
    if (status != ST_OK)
        return status;
    *ret_bytes = GetLengthSid(info.user.User.Sid);
    if (*ret_bytes > USER_MAX_SID_BYTES)
        return ST_TOO_LARGE;
    memcpy(ret, info.user.User.Sid, *ret_bytes);
    return ST_OK;
}
