/* security.c - see security.h. */
#include "security.h"
#include "base/win/error.h"
#include "base/win/wide.h"
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>

#define ACCOUNT_CHARS 256
#define DOMAIN_CHARS  256

enum status security_service_sid(const WCHAR *service, char **ret)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    WCHAR account[ACCOUNT_CHARS], domain[DOMAIN_CHARS], *text = NULL;
    DWORD sid_bytes = sizeof sid, domain_chars = DOMAIN_CHARS;
    SID_NAME_USE use;

    if (swprintf(account, ACCOUNT_CHARS, L"NT SERVICE\\%ls", service) < 0)
        return ST_TOO_LARGE;
    if (!LookupAccountNameW(NULL, account, sid, &sid_bytes, domain, &domain_chars, &use))
        return ST_NOT_FOUND;
    if (!ConvertSidToStringSidW(sid, &text))
        return error_last();
    *ret = wide_to_utf8(text);
    LocalFree(text);
    return *ret ? ST_OK : ST_MEMORY;
}
