/* token.c - restricted tokens, https://learn.microsoft.com/windows/win32/secauthz/restricted-tokens. */
#include "token.h"
#include "base/win/error.h"
#include <stdbool.h>

#define MAX_PRIVILEGE_BYTES 2048 /* some three dozen privileges exist */
#define RIGHTS              (TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT)

struct sids {
    DWORD count;
    SID_AND_ATTRIBUTES *items;
};

union privileges {
    TOKEN_PRIVILEGES list;
    BYTE bytes[MAX_PRIVILEGE_BYTES];
};

/* All but SeChangeNotify, which walking through folders takes. They are named one by one because Wine passes DISABLE_MAX_PRIVILEGE over. */
static bool privileges_to_delete(HANDLE token, union privileges *ret)
{
    DWORD size, kept = 0;
    LUID notify;

    if (!GetTokenInformation(token, TokenPrivileges, ret, sizeof *ret, &size) ||
        !LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &notify))
        return false;
    for (DWORD i = 0; i < ret->list.PrivilegeCount; i++)
        if (ret->list.Privileges[i].Luid.LowPart != notify.LowPart || ret->list.Privileges[i].Luid.HighPart != notify.HighPart)
            ret->list.Privileges[kept++] = ret->list.Privileges[i];
    ret->list.PrivilegeCount = kept;
    return true;
}

static enum status restrict_token(HANDLE own, DWORD flags, struct sids disabled, struct sids restricting, HANDLE *ret)
{
    union privileges privileges;

    if (!privileges_to_delete(own, &privileges) ||
        !CreateRestrictedToken(own, flags, disabled.count, disabled.items, privileges.list.PrivilegeCount, privileges.list.Privileges,
                               restricting.count, restricting.items, ret))
        return error_last();
    return ST_OK;
}

static const struct sids no_sids;

enum status token_of_client(HANDLE process, HANDLE *ret)
{
    HANDLE own = NULL;
    enum status st;

    if (!OpenProcessToken(process, RIGHTS, &own))
        return error_last();
    st = restrict_token(own, 0, no_sids, no_sids, ret);
    CloseHandle(own);
    return st;
}

static bool is_local_system(HANDLE token)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;
    DWORD size;

    return GetTokenInformation(token, TokenUser, &info, sizeof info, &size) && IsWellKnownSid(info.user.User.Sid, WinLocalSystemSid);
}

struct sid {
    BYTE bytes[SECURITY_MAX_SID_SIZE];
};

static bool well_known(struct sid *ret, WELL_KNOWN_SID_TYPE type)
{
    DWORD size = sizeof *ret;

    return CreateWellKnownSid(type, NULL, ret, &size);
}

/* Processes above medium cannot be read by one at medium, whatever their descriptor says. */
static bool lower_integrity(HANDLE token)
{
    struct sid medium;
    TOKEN_MANDATORY_LABEL label = {.Label = {.Sid = &medium, .Attributes = SE_GROUP_INTEGRITY}};

    return well_known(&medium, WinMediumLabelSid) &&
           SetTokenInformation(token, TokenIntegrityLevel, &label, sizeof label + GetLengthSid(&medium));
}

/* The way the service manager itself restricts services whose SID type says so, and the network goes on working there. */
static enum status restrict_system(HANDLE own, PSID service_sid, HANDLE *ret)
{
    struct sid administrators, everyone, write_restricted;
    SID_AND_ATTRIBUTES disabled = {.Sid = &administrators};
    SID_AND_ATTRIBUTES restricting[] = {{.Sid = service_sid}, {.Sid = &everyone}, {.Sid = &write_restricted}};
    HANDLE token = NULL;
    enum status st;

    if (!well_known(&administrators, WinBuiltinAdministratorsSid) || !well_known(&everyone, WinWorldSid) ||
        !well_known(&write_restricted, WinWriteRestrictedCodeSid))
        return error_last();
    st = restrict_token(own, WRITE_RESTRICTED, (struct sids){1, &disabled}, (struct sids){3, restricting}, &token);
    if (st)
        return st;
    if (lower_integrity(token)) {
        *ret = token;
        return ST_OK;
    }
    st = error_last();
    CloseHandle(token);
    return st;
}

enum status token_for_upload(PSID service_sid, HANDLE *ret)
{
    HANDLE own = NULL;
    enum status st;

    if (!OpenProcessToken(GetCurrentProcess(), RIGHTS, &own))
        return error_last();
    if (service_sid && is_local_system(own))
        st = restrict_system(own, service_sid, ret);
    else
        st = restrict_token(own, 0, no_sids, no_sids, ret);
    CloseHandle(own);
    return st;
}
