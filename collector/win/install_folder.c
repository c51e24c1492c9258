/* install_folder.c - folders with protected ACLs: dumps hold secrets, and the folder above (ProgramData) lets every user make folders.
 *
 * Users may put files into the inbox and into WER's dump folder and do nothing else there: 0x001000A2 is FILE_ADD_FILE, FILE_TRAVERSE,
 * FILE_READ_ATTRIBUTES and SYNCHRONIZE, without FILE_LIST_DIRECTORY and FILE_ADD_SUBDIRECTORY. What a user makes there he may write, rename
 * and delete (0x001301BF for OWNER RIGHTS, S-1-3-4), but not give away: that entry takes an owner's implied WRITE_DAC. */
#include "base/win/error.h"
#include "install.h"
#include "security.h"
#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define MAX_SDDL_BYTES 512

/* NULL when the SDDL is not understood. */
static PSECURITY_DESCRIPTOR descriptor_of(const char *sddl)
{
    PSECURITY_DESCRIPTOR security = NULL;

    return ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1, &security, NULL) ? security : NULL;
}

static bool is_own_user(PSID sid)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;
    HANDLE token = NULL;
    DWORD size;
    bool same = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
                GetTokenInformation(token, TokenUser, &info, sizeof info, &size) && EqualSid(info.user.User.Sid, sid);

    if (token)
        CloseHandle(token);
    return same;
}

/* A folder that some user made in advance is his: he could open it up again, or has it open. */
static bool owner_is_trusted(const WCHAR *path)
{
    PSECURITY_DESCRIPTOR security = NULL;
    PSID owner = NULL;
    bool trusted = false;

    if (GetNamedSecurityInfoW(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &security) == ERROR_SUCCESS)
        trusted = IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || is_own_user(owner);
    LocalFree(security);
    return trusted;
}

static enum status check_existing(const struct install *install, const WCHAR *path, DWORD attributes)
{
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY) || attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return install_fail(install, "it is no plain folder (remove it first):", path, ERROR_DIRECTORY);
    if (!owner_is_trusted(path))
        return install_fail(install, "a user made it in advance (look into it, then remove it or give it to Administrators):", path,
                            ERROR_ACCESS_DENIED);
    return ST_OK;
}

static enum status protect(const struct install *install, const WCHAR *path, const char *sddl, PSECURITY_DESCRIPTOR security)
{
    BOOL present, defaulted;
    PACL acl = NULL;
    DWORD error = ERROR_INVALID_SECURITY_DESCR;

    if (GetSecurityDescriptorDacl(security, &present, &acl, &defaulted) && present)
        error = SetNamedSecurityInfoW((WCHAR *)(uintptr_t)path, SE_FILE_OBJECT,
                                      DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL, acl, NULL);
    if (error)
        return install_fail(install, "its rights cannot be set:", path, error);
    install_say(install, L"rights", path, sddl);
    return ST_OK;
}

enum status install_parents(const struct install *install, const WCHAR *path)
{
    WCHAR *parent = _wcsdup(path), *slash = parent ? wcsrchr(parent, L'\\') : NULL;
    enum status st = parent ? ST_OK : ST_MEMORY;

    if (install->dry_run || !slash || slash == parent || slash[-1] == L':') /* the volume itself */
        goto out;
    *slash = L'\0';
    if (GetFileAttributesW(parent) != INVALID_FILE_ATTRIBUTES)
        goto out;
    st = install_parents(install, parent);
    if (!st)
        st = install_note(install, MADE_FOLDER, parent);
    if (!st && !CreateDirectoryW(parent, NULL))
        st = install_fail(install, "a folder cannot be made:", parent, GetLastError());
    if (!st)
        install_say(install, MADE_FOLDER, parent, "made");
out:
    free(parent);
    return st;
}

/* With its rights from its first moment on. */
static enum status make(const struct install *install, const WCHAR *kind, const WCHAR *path, const char *sddl,
                        PSECURITY_DESCRIPTOR security)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, security, FALSE};
    enum status st = install_parents(install, path);

    if (!st)
        st = install_note(install, kind, path);
    if (!st && !install->dry_run && !CreateDirectoryW(path, &attributes))
        st = install_fail(install, "a folder cannot be made:", path, GetLastError());
    if (!st) {
        install_say(install, MADE_FOLDER, path, "made");
        install_say(install, L"rights", path, sddl);
    }
    return st;
}

enum status install_folder(const struct install *install, const WCHAR *kind, const WCHAR *path, const char *sddl)
{
    PSECURITY_DESCRIPTOR security = descriptor_of(sddl);
    DWORD attributes = GetFileAttributesW(path);
    enum status st;

    if (!security)
        return install_fail(install, "its rights are not understood:", path, GetLastError());
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        st = make(install, kind, path, sddl, security);
    } else {
        st = check_existing(install, path, attributes);
        if (!st && install->dry_run)
            install_say(install, L"rights", path, sddl);
        else if (!st)
            st = protect(install, path, sddl, security);
    }
    LocalFree(security);
    return st;
}

enum status install_folders(const struct install *install)
{
    char queue_sddl[MAX_SDDL_BYTES], *sid_text = NULL;
    BYTE sid[SECURITY_MAX_SID_SIZE];
    enum status st = install_folder(install, MADE_DATA, install->data, SECURITY_PRIVATE_SDDL);

    /* The uploader's token can write only where the service's own SID may. */
    snprintf(queue_sddl, sizeof queue_sddl, "%s", SECURITY_PRIVATE_SDDL);
    if (!install->dry_run && security_service_sid(install->service, sid) == ST_OK && security_sid_text(sid, &sid_text) == ST_OK)
        snprintf(queue_sddl, sizeof queue_sddl, SECURITY_PRIVATE_SDDL "(A;OICI;0x1301BF;;;%s)", sid_text);
    free(sid_text);
    if (!st)
        st = install_folder(install, MADE_DATA, install->queue, queue_sddl);
    if (!st)
        st = install_folder(install, MADE_DATA, install->inbox, SECURITY_INBOX_SDDL);
    for (size_t i = 0; !st && i < install->dump_count; i++)
        st = install_folder(install, MADE_DATA, install->dumps[i], SECURITY_INBOX_SDDL);
    return st;
}

/* Everything below path; a link is removed, not followed. */
static void empty_folder(const WCHAR *path)
{
    WCHAR *pattern = install_join(path, L"*");
    WIN32_FIND_DATAW entry;
    HANDLE find = pattern ? FindFirstFileW(pattern, &entry) : INVALID_HANDLE_VALUE;

    free(pattern);
    if (find == INVALID_HANDLE_VALUE)
        return;
    do {
        WCHAR *inner;
        if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
            continue;
        inner = install_join(path, entry.cFileName);
        if (inner && entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            if (!(entry.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
                empty_folder(inner);
            RemoveDirectoryW(inner);
        } else if (inner) {
            DeleteFileW(inner);
        }
        free(inner);
    } while (FindNextFileW(find, &entry));
    FindClose(find);
}

void install_remove_folder(const struct install *install, const WCHAR *kind, const WCHAR *path)
{
    DWORD error;

    if (install->dry_run) {
        install_say(install, MADE_FOLDER, path, "removed");
        return;
    }
    if (install->purge && wcscmp(kind, MADE_DATA) == 0)
        empty_folder(path);
    error = RemoveDirectoryW(path) ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_DIR_NOT_EMPTY) {
        install_say(install, MADE_FOLDER, path, "kept, it is not empty: --purge removes reports and log too");
        return;
    }
    if (error && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
        install_fail(install, "a folder cannot be removed:", path, error);
        return;
    }
    install_say(install, MADE_FOLDER, path, "removed");
    made_forget(&install->made, kind, path);
}
