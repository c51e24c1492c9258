/* file_service.c - what only programs of our own do with files; apart from file.c, since the client library needs none of it. */
#include "base/clock.h"
#include "base/win/file_handle.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <string.h>
/* need windows.h */
#include <aclapi.h>
#include <sddl.h>

/* file_lock's one byte lies where no file reaches, because a lock on Windows keeps others from reading those bytes. */
#define LOCK_OFFSET_HIGH 0x40000000u

enum status file_seek(struct file *file, uint64_t offset)
{
    LARGE_INTEGER to;
    if (offset > INT64_MAX)
        return ST_ARGUMENT;
    to.QuadPart = (LONGLONG)offset;
    return result(SetFilePointerEx(handle_of(file), to, NULL, FILE_BEGIN));
}

enum status file_truncate(struct file *file, uint64_t size)
{
    FILE_END_OF_FILE_INFO end;
    if (size > INT64_MAX)
        return ST_ARGUMENT;
    end.EndOfFile.QuadPart = (LONGLONG)size;
    return result(SetFileInformationByHandle(handle_of(file), FileEndOfFileInfo, &end, sizeof end));
}

enum status file_owner(struct file *file, char ret[FILE_OWNER_BYTES])
{
    PSECURITY_DESCRIPTOR security = NULL;
    PSID owner = NULL;
    wchar_t *wide = NULL;
    char *text = NULL;
    DWORD error = GetSecurityInfo(handle_of(file), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &security);
    enum status status = status_from_win32(error);
    if (!status && !ConvertSidToStringSidW(owner, &wide))
        status = error_last();
    text = status ? NULL : wide_to_utf8(wide);
    if (!status && (!text || strlen(text) >= FILE_OWNER_BYTES))
        status = text ? ST_TOO_LARGE : ST_MEMORY;
    if (!status)
        memcpy(ret, text, strlen(text) + 1);
    free(text);
    LocalFree(wide);
    LocalFree(security);
    return status;
}

bool file_owner_is_system(const char *owner)
{
    return strcmp(owner, "S-1-5-18") == 0 || strcmp(owner, "S-1-5-32-544") == 0;
}

static enum status lock_as(struct file *file, DWORD kind)
{
    OVERLAPPED at = {0};
    at.OffsetHigh = LOCK_OFFSET_HIGH;
    return result(LockFileEx(handle_of(file), kind | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at));
}

enum status file_lock(struct file *file)
{
    return lock_as(file, LOCKFILE_EXCLUSIVE_LOCK);
}

enum status file_lock_shared(struct file *file)
{
    return lock_as(file, 0);
}

bool file_case_matters(void)
{
    return false;
}

enum status file_set_modified(const char *path, int64_t unix_ms)
{
    uint64_t filetime = clock_to_filetime(unix_ms);
    FILETIME modified = {(DWORD)filetime, (DWORD)(filetime >> 32)};
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    HANDLE handle = CreateFileW(wide, FILE_WRITE_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    enum status status = result(handle != INVALID_HANDLE_VALUE);
    free(wide);
    if (status)
        return status;
    status = result(SetFileTime(handle, NULL, NULL, &modified));
    CloseHandle(handle);
    return status;
}

enum status file_touch(const char *path)
{
    return file_set_modified(path, clock_unix_ms());
}

enum status folder_remove(const char *path)
{
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    enum status status = result(RemoveDirectoryW(wide));
    free(wide);
    return status;
}

/* GetDiskFreeSpaceExW wants a folder: a file's name is cut back to the one that holds it. */
enum status file_free_space(const char *path, uint64_t *ret_bytes)
{
    ULARGE_INTEGER available;
    struct file_info info = {0};
    enum status status = file_stat(path, &info);
    if (status)
        return status;
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    if (!info.is_folder) {
        wchar_t *end = wide + wcslen(wide);
        while (end > wide && end[-1] != '\\' && end[-1] != '/' && end[-1] != ':')
            end--;
        *end = 0;
    }
    status = result(GetDiskFreeSpaceExW(*wide ? wide : NULL, &available, NULL, NULL));
    free(wide);
    if (!status)
        *ret_bytes = available.QuadPart;
    return status;
}
