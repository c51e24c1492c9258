/* token.c - restricted tokens, https://learn.microsoft.com/windows/win32/secauthz/restricted-tokens. */
#include "token.h"
#include "base/win/error.h"
#include <stdbool.h>
#include <stdlib.h>

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

static enum status describe_sid(struct buffer *out, PSID sid, DWORD attributes)
{
    enum status st = buffer_append(out, &attributes, sizeof attributes);

    return st ? st : buffer_append(out, sid, GetLengthSid(sid));
}

/* With those that are there to deny only, and (on Windows) the integrity level. */
static enum status describe_groups(HANDLE token, struct buffer *out)
{
    TOKEN_GROUPS *groups;
    DWORD size = 0;
    enum status st = ST_OK;

    GetTokenInformation(token, TokenGroups, NULL, 0, &size);
    groups = malloc(size ? size : 1);
    if (!groups)
        return ST_MEMORY;
    if (!GetTokenInformation(token, TokenGroups, groups, size, &size))
        st = error_last();
    for (DWORD i = 0; !st && i < groups->GroupCount; i++)
        st = describe_sid(out, groups->Groups[i].Sid, groups->Groups[i].Attributes);
    free(groups);
    return st;
}

/* One SID with attributes: TokenUser and TokenIntegrityLevel have the same form. */
static enum status describe_one(HANDLE token, TOKEN_INFORMATION_CLASS class, struct buffer *out)
{
    union {
        SID_AND_ATTRIBUTES sid;
        BYTE bytes[sizeof(SID_AND_ATTRIBUTES) + SECURITY_MAX_SID_SIZE];
    } info;
    DWORD size;

    if (!GetTokenInformation(token, class, &info, sizeof info, &size))
        return error_last();
    return describe_sid(out, info.sid.Sid, info.sid.Attributes);
}

static enum status describe_session(HANDLE token, struct buffer *out)
{
    TOKEN_STATISTICS statistics;
    TOKEN_ELEVATION_TYPE elevation;
    DWORD size, session, contained;
    enum status st;

    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &size) ||
        !GetTokenInformation(token, TokenSessionId, &session, sizeof session, &size) ||
        !GetTokenInformation(token, TokenElevationType, &elevation, sizeof elevation, &size) ||
        !GetTokenInformation(token, TokenIsAppContainer, &contained, sizeof contained, &size))
        return error_last();
    if (contained || IsTokenRestricted(token))
        return ST_REFUSED;
    st = buffer_append(out, &statistics.AuthenticationId, sizeof statistics.AuthenticationId);
    if (!st)
        st = buffer_append(out, &session, sizeof session);
    return st ? st : buffer_append(out, &elevation, sizeof elevation);
}

enum status token_describe(HANDLE token, struct buffer *out)
{
    enum status st = describe_session(token, out);

    if (!st)
        st = describe_one(token, TokenUser, out);
    if (!st)
        st = describe_one(token, TokenIntegrityLevel, out);
    return st ? st : describe_groups(token, out);
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
