/* folder_watch.c - ReadDirectoryChangesW. The notifications' contents are not read, so an overflow of the buffer (zero bytes) is a change
 * like any other. */
#include "../folder_watch.h"
#include "base/log.h"
#include "base/win/wide.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define CHANGES        (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE)
#define CHANGES_DWORDS 1024

struct watched_folder {
    char *path;
    HANDLE folder, changed; /* folder INVALID_HANDLE_VALUE = not watched now */
    OVERLAPPED overlapped;
    DWORD changes[CHANGES_DWORDS]; /* DWORD-aligned, as the call demands */
    bool complained;
};

struct folder_watch {
    HANDLE wake;
    size_t count;
    struct watched_folder *folders[FOLDER_WATCH_MAX];
};

/* Ends what is under way: the kernel writes into our memory until then. */
static void unwatch_folder(struct watched_folder *folder)
{
    DWORD bytes;

    if (folder->folder == INVALID_HANDLE_VALUE)
        return;
    if (CancelIoEx(folder->folder, &folder->overlapped))
        GetOverlappedResult(folder->folder, &folder->overlapped, &bytes, TRUE);
    CloseHandle(folder->folder);
    folder->folder = INVALID_HANDLE_VALUE;
}

static void complain(struct watched_folder *folder, DWORD error)
{
    if (!folder->complained)
        log_warn("folder-unwatched", "dir=\"%s\" reason=\"%s\" error=%lu consequence=\"it is looked at now and then only\"", folder->path,
                 status_text(status_from_win32(error)), error);
    folder->complained = true;
}

static void arm(struct watched_folder *folder)
{
    folder->overlapped = (OVERLAPPED){.hEvent = folder->changed};
    if (ReadDirectoryChangesW(folder->folder, folder->changes, sizeof folder->changes, FALSE, CHANGES, NULL, &folder->overlapped, NULL)) {
        folder->complained = false;
        return;
    }
    complain(folder, GetLastError());
    CloseHandle(folder->folder);
    folder->folder = INVALID_HANDLE_VALUE;
}

static void watch_folder(struct watched_folder *folder)
{
    wchar_t *path = wide_path(folder->path);

    if (!path)
        return;
    folder->folder = CreateFileW(path, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                 FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    DWORD error = GetLastError();
    free(path);
    if (folder->folder == INVALID_HANDLE_VALUE)
        complain(folder, error);
    else
        arm(folder);
}

static enum status folder_add(struct folder_watch *watch, const char *path)
{
    struct watched_folder *folder = calloc(1, sizeof *folder);

    if (!folder)
        return ST_MEMORY;
    watch->folders[watch->count++] = folder;
    folder->folder = INVALID_HANDLE_VALUE;
    folder->path = _strdup(path);
    folder->changed = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!folder->path || !folder->changed)
        return ST_MEMORY;
    watch_folder(folder);
    return ST_OK;
}

enum status folder_watch_create(struct folder_watch **ret, const char *const *folders, size_t count)
{
    struct folder_watch *watch;
    enum status st;

    if (count > FOLDER_WATCH_MAX)
        return ST_TOO_LARGE;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return ST_MEMORY;
    watch->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    st = watch->wake ? ST_OK : ST_MEMORY;
    for (size_t i = 0; !st && i < count; i++)
        st = folder_add(watch, folders[i]);
    if (st) {
        folder_watch_free(watch);
        return st;
    }
    *ret = watch;
    return ST_OK;
}

static void rearm(struct watched_folder *folder)
{
    DWORD bytes;

    if (WaitForSingleObject(folder->changed, 0) != WAIT_OBJECT_0)
        return;
    if (GetOverlappedResult(folder->folder, &folder->overlapped, &bytes, FALSE)) {
        arm(folder);
    } else { /* the folder has gone */
        CloseHandle(folder->folder);
        folder->folder = INVALID_HANDLE_VALUE;
    }
}

void folder_watch_wait(struct folder_watch *watch, uint32_t timeout_ms)
{
    HANDLE waits[FOLDER_WATCH_MAX + 1] = {watch->wake};
    DWORD count = 1;

    for (size_t i = 0; i < watch->count; i++) {
        struct watched_folder *folder = watch->folders[i];
        if (folder->folder == INVALID_HANDLE_VALUE)
            watch_folder(folder);
        if (folder->folder != INVALID_HANDLE_VALUE)
            waits[count++] = folder->changed;
    }
    WaitForMultipleObjects(count, waits, FALSE, timeout_ms);
    for (size_t i = 0; i < watch->count; i++)
        if (watch->folders[i]->folder != INVALID_HANDLE_VALUE)
            rearm(watch->folders[i]);
}

void folder_watch_wake(struct folder_watch *watch)
{
    SetEvent(watch->wake);
}

void folder_watch_free(struct folder_watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < watch->count; i++) {
        struct watched_folder *folder = watch->folders[i];
        unwatch_folder(folder);
        if (folder->changed)
            CloseHandle(folder->changed);
        free(folder->path);
        free(folder);
    }
    if (watch->wake)
        CloseHandle(watch->wake);
    free(watch);
}
