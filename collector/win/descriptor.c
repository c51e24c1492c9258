/* descriptor.c - explicit security descriptors, because a pipe's default one lets Everyone read.
 *
 * Authenticated Users get 0x0012019B: read and write data, read and write attributes, SYNCHRONIZE and READ_CONTROL. That is
 * FILE_GENERIC_READ | FILE_GENERIC_WRITE without FILE_CREATE_PIPE_INSTANCE (= FILE_APPEND_DATA, which GENERIC_WRITE contains), so nobody
 * can put an instance of their own beside ours. https://learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights */
#include "descriptor.h"
#include "base/buffer.h"
#include "base/win/wide.h"
#include <sddl.h>
#include <stdlib.h>

#define MAX_SDDL_BYTES 1024

static enum status sid_text(PSID sid, char **ret)
{
    WCHAR *wide = NULL;

    if (!ConvertSidToStringSidW(sid, &wide))
        return status_from_win32(GetLastError());
    char *text = wide_to_utf8(wide);
    LocalFree(wide);
    if (!text)
        return ST_MEMORY;
    *ret = text;
    return ST_OK;
}

enum status descriptor_process_user(HANDLE process, char **ret)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;
    HANDLE token = NULL;
    DWORD size = 0;
    enum status st;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return status_from_win32(GetLastError());
    if (GetTokenInformation(token, TokenUser, &info, sizeof info, &size))
        st = sid_text(info.user.User.Sid, ret);
    else
        st = status_from_win32(GetLastError());
    CloseHandle(token);
    return st;
}

enum status descriptor_text(enum descriptor_kind kind, char **ret)
{
    struct buffer text;
    char *user = NULL;
    enum status st = descriptor_process_user(GetCurrentProcess(), &user);

    if (st)
        return st;
    buffer_init(&text, MAX_SDDL_BYTES);
    if (kind == DESCRIPTOR_OWNER)
        st = buffer_printf(&text, "D:P(A;;FA;;;%s)", user);
    else if (kind == DESCRIPTOR_OWNER_AND_SANDBOXED)
        st = buffer_printf(&text, "D:P(A;;FA;;;%s)(A;;0x0012019B;;;AC)S:(ML;;NW;;;LW)", user);
    else
        st = buffer_printf(&text, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;%s)(A;;0x0012019B;;;AU)", user);
    free(user);
    if (st) {
        buffer_done(&text);
        return st;
    }
    *ret = buffer_take(&text);
    return ST_OK;
}

enum status descriptor_init(struct descriptor *ret, enum descriptor_kind kind)
{
    PSECURITY_DESCRIPTOR security = NULL;
    char *text = NULL;
    enum status st = descriptor_text(kind, &text);

    if (st)
        return st;
    /* SDDL is ASCII, so the A function loses nothing. */
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &security, NULL))
        st = status_from_win32(GetLastError());
    free(text);
    if (st)
        return st;
    *ret = (struct descriptor){.attributes = {.nLength = sizeof ret->attributes, .lpSecurityDescriptor = security}};
    return ST_OK;
}

void descriptor_done(struct descriptor *descriptor)
{
    LocalFree(descriptor->attributes.lpSecurityDescriptor);
    descriptor->attributes.lpSecurityDescriptor = NULL;
}
