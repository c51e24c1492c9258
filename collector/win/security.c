/* security.c - see security.h. */
#include "security.h"
#include "base/win/error.h"
#include "base/win/wide.h"
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>

#define ACCOUNT_CHARS 256
#define DOMAIN_CHARS  256

enum status security_service_sid(const WCHAR *service, BYTE ret[SECURITY_MAX_SID_SIZE])
{
    WCHAR account[ACCOUNT_CHARS], domain[DOMAIN_CHARS];
    DWORD sid_bytes = SECURITY_MAX_SID_SIZE, domain_chars = DOMAIN_CHARS;
    SID_NAME_USE use;

    if (swprintf(account, ACCOUNT_CHARS, L"NT SERVICE\\%ls", service) < 0)
        return ST_TOO_LARGE;
    return LookupAccountNameW(NULL, account, ret, &sid_bytes, domain, &domain_chars, &use) ? ST_OK : ST_NOT_FOUND;
}

enum status security_sid_text(PSID sid, char **ret)
{
    WCHAR *wide = NULL;
    char *text;

    if (!ConvertSidToStringSidW(sid, &wide))
        return error_last();
    text = wide_to_utf8(wide);
    LocalFree(wide);
    if (!text)
        return ST_MEMORY;
    *ret = text;
    return ST_OK;
}
