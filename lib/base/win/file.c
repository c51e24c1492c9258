/* file.c - files and folders on Windows. Others may always rename and delete what we have open, as on POSIX, unless a mode says more. */
#include "base/file.h"
#include "base/clock.h"
#include "base/file_os.h"
#include "base/win/file_handle.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <string.h>

#define IO_MAX_BYTES (1u << 30)
#define RETRY_COUNT  8 /* 1 + 2 + ... + 128 ms */

static const struct {
    DWORD access, share, creation, flags;
} modes[] = {
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
    [FILE_MODE_READ] = {GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0},
    [FILE_MODE_READ_ALONE] = {GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT},
    [FILE_MODE_CREATE] = {GENERIC_READ | GENERIC_WRITE, SHARE_ALL, CREATE_NEW, 0},
    [FILE_MODE_REPLACE] = {GENERIC_READ | GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS, 0},
    [FILE_MODE_UPDATE] = {GENERIC_READ | GENERIC_WRITE, SHARE_ALL, OPEN_EXISTING, 0},
    /* Without FILE_WRITE_DATA every write goes to the end. FILE_READ_DATA is for file_lock: NtLockFile refuses a handle that may do neither
     * (Wine does not). */
    [FILE_MODE_APPEND] = {FILE_APPEND_DATA | FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, SHARE_ALL, OPEN_ALWAYS, 0},
};

enum status file_open(struct file *ret, const char *path, enum file_mode mode)
{
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    HANDLE handle = CreateFileW(wide, modes[mode].access, modes[mode].share, NULL, modes[mode].creation,
                                FILE_ATTRIBUTE_NORMAL | modes[mode].flags, NULL);
    enum status status = result(handle != INVALID_HANDLE_VALUE);
    free(wide);
    if (!status)
        ret->os = (intptr_t)handle;
    return status;
}

void file_close(struct file *file)
{
    if (file->os != FILE_CLOSED)
        CloseHandle(handle_of(file));
    file->os = FILE_CLOSED;
}

static enum status read_some(HANDLE handle, OVERLAPPED *at, void *buffer, size_t size, size_t *ret_read)
{
    DWORD got = 0;
    if (!ReadFile(handle, buffer, size < IO_MAX_BYTES ? (DWORD)size : IO_MAX_BYTES, &got, at)) {
        DWORD error = GetLastError();
        /* The end of a pipe whose writer has closed, and of a file read at an offset. */
        if (error != ERROR_BROKEN_PIPE && error != ERROR_HANDLE_EOF)
            return status_from_win32(error);
        got = 0;
    }
    *ret_read = got;
    return ST_OK;
}

enum status file_read(struct file *file, void *buffer, size_t size, size_t *ret_read)
{
    return read_some(handle_of(file), NULL, buffer, size, ret_read);
}

enum status file_read_at(struct file *file, uint64_t offset, void *buffer, size_t size)
{
    /* Reading at an offset moves a handle's position all the same, so it is put back. */
    static const LARGE_INTEGER here;
    LARGE_INTEGER position;
    uint8_t *p = buffer;
    if (!SetFilePointerEx(handle_of(file), here, &position, FILE_CURRENT))
        return error_last();
    enum status status = ST_OK;
    while (size && !status) {
        OVERLAPPED at = {0};
        size_t got = 0;
        at.Offset = (DWORD)offset;
        at.OffsetHigh = (DWORD)(offset >> 32);
        status = offset > INT64_MAX ? ST_TRUNCATED : read_some(handle_of(file), &at, p, size, &got);
        if (status)
            break;
        if (got == 0)
            status = ST_TRUNCATED;
        p += got;
        offset += got;
        size -= got;
    }
    enum status restored = result(SetFilePointerEx(handle_of(file), position, NULL, FILE_BEGIN));
    return status ? status : restored;
}

enum status file_write(struct file *file, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    while (size) {
        DWORD put = 0;
        if (!WriteFile(handle_of(file), p, size < IO_MAX_BYTES ? (DWORD)size : IO_MAX_BYTES, &put, NULL))
            return error_last();
        if (put == 0)
            return ST_IO;
        p += put;
        size -= put;
    }
    return ST_OK;
}

enum status file_sync(struct file *file)
{
    return result(FlushFileBuffers(handle_of(file)));
}

enum status file_info_of(struct file *file, struct file_info *ret)
{
    BY_HANDLE_FILE_INFORMATION info;
    if (!GetFileInformationByHandle(handle_of(file), &info))
        return error_last();
    ret->size_bytes = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    ret->modified_unix_ms = clock_from_filetime((uint64_t)info.ftLastWriteTime.dwHighDateTime << 32 | info.ftLastWriteTime.dwLowDateTime);
    ret->links = info.nNumberOfLinks;
    bool reparse = (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    ret->is_folder = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 && !reparse;
    ret->is_regular = !reparse && !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && GetFileType(handle_of(file)) == FILE_TYPE_DISK;
    return ST_OK;
}

enum status file_stat(const char *path, struct file_info *ret)
{
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    /* Attributes only: works whatever others share. BACKUP_SEMANTICS opens folders, OPEN_REPARSE_POINT the link and not its target. */
    HANDLE handle = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    enum status status = result(handle != INVALID_HANDLE_VALUE);
    free(wide);
    if (status)
        return status;
    struct file file = {(intptr_t)handle};
    status = file_info_of(&file, ret);
    file_close(&file);
    return status;
}

/* Virus scanners and indexers open fresh files for a moment; what they refuse is tried again for a quarter of a second. */
static bool is_passing(DWORD error)
{
    return error == ERROR_SHARING_VIOLATION || error == ERROR_LOCK_VIOLATION || error == ERROR_ACCESS_DENIED;
}

static enum status retry_pause(unsigned attempt, DWORD error)
{
    if (!is_passing(error) || attempt >= RETRY_COUNT)
        return status_from_win32(error);
    Sleep(1u << attempt);
    return ST_OK;
}

enum status file_remove(const char *path)
{
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    enum status status = ST_OK;
    for (unsigned attempt = 0; !status && !DeleteFileW(wide); attempt++) {
        DWORD error = GetLastError();
        DWORD attributes = GetFileAttributesW(wide);
        bool folder = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
        status = folder ? ST_ACCESS : retry_pause(attempt, error);
    }
    free(wide);
    return status;
}

enum status file_rename(const char *from, const char *to, bool replace)
{
    wchar_t *wide_from = wide_path(from), *wide_to = wide_path(to);
    enum status status = wide_from && wide_to ? ST_OK : ST_MEMORY;
    DWORD flags = MOVEFILE_WRITE_THROUGH | (replace ? MOVEFILE_REPLACE_EXISTING : 0);
    for (unsigned attempt = 0; !status && !MoveFileExW(wide_from, wide_to, flags); attempt++)
        status = retry_pause(attempt, GetLastError());
    free(wide_from);
    free(wide_to);
    return status;
}

enum status folder_make_os(const char *path)
{
    wchar_t *wide = wide_path(path);
    if (!wide)
        return ST_MEMORY;
    enum status status = result(CreateDirectoryW(wide, NULL));
    free(wide);
    return status;
}

bool path_is_separator_os(char c)
{
    return c == '/' || c == '\\';
}

enum status folder_sync(const char *path)
{
    (void)path; /* NTFS journals names; a folder cannot be flushed */
    return ST_OK;
}

struct folder {
    HANDLE os;
    WIN32_FIND_DATAW entry;
    bool waiting; /* entry holds what was not given out yet */
    char *name;
};

enum status folder_open(struct folder **ret, const char *path)
{
    struct folder *folder = calloc(1, sizeof *folder);
    char *pattern = path_joined(*path ? path : ".", "*");
    wchar_t *wide = pattern ? wide_path(pattern) : NULL;
    enum status status = folder && wide ? ST_OK : ST_MEMORY;
    if (!status) {
        folder->os = FindFirstFileExW(wide, FindExInfoBasic, &folder->entry, FindExSearchNameMatch, NULL, 0);
        status = result(folder->os != INVALID_HANDLE_VALUE);
        folder->waiting = true;
    }
    if (!status) {
        *ret = folder;
        folder = NULL;
    }
    free(folder);
    free(pattern);
    free(wide);
    return status;
}

enum status folder_next(struct folder *folder, const char **ret_name)
{
    for (;;) {
        if (!folder->waiting && !FindNextFileW(folder->os, &folder->entry))
            return error_last(); /* ERROR_NO_MORE_FILES is ST_END */
        folder->waiting = false;
        if (wcscmp(folder->entry.cFileName, L".") == 0 || wcscmp(folder->entry.cFileName, L"..") == 0)
            continue;
        free(folder->name);
        folder->name = wide_to_utf8(folder->entry.cFileName);
        if (!folder->name)
            return ST_MEMORY;
        *ret_name = folder->name;
        return ST_OK;
    }
}

void folder_close(struct folder *folder)
{
    if (!folder)
        return;
    FindClose(folder->os);
    free(folder->name);
    free(folder);
}
