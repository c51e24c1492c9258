/* folder_watch.c - inotify, and an eventfd to be woken by. */
#include "../folder_watch.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_BYTES 4096

struct watched_folder {
    char *path;
    int id; /* inotify's; -1 = not watched now */
    bool complained;
};

struct folder_watch {
    int inotify, wake;
    size_t count;
    struct watched_folder folders[FOLDER_WATCH_MAX];
};

/* Files are looked at when they have been closed or moved in; their growing is of no interest. */
static void watch_folder(struct folder_watch *watch, struct watched_folder *folder)
{
    folder->id = inotify_add_watch(watch->inotify, folder->path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
    if (folder->id < 0 && !folder->complained)
        log_warn("folder-unwatched", "dir=\"%s\" reason=\"%s\" consequence=\"it is looked at now and then only\"", folder->path,
                 status_text(status_from_errno(errno)));
    folder->complained = folder->id < 0;
}

enum status folder_watch_create(struct folder_watch **ret, const char *const *folders, size_t count)
{
    struct folder_watch *watch;

    if (count > FOLDER_WATCH_MAX)
        return ST_TOO_LARGE;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return ST_MEMORY;
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (watch->inotify < 0 || watch->wake < 0) {
        enum status st = status_from_errno(errno);
        folder_watch_free(watch);
        return st;
    }
    for (; watch->count < count; watch->count++) {
        struct watched_folder *folder = &watch->folders[watch->count];
        folder->id = -1;
        folder->path = strdup(folders[watch->count]);
        if (!folder->path) {
            folder_watch_free(watch);
            return ST_MEMORY;
        }
        watch_folder(watch, folder);
    }
    *ret = watch;
    return ST_OK;
}

/* A folder that was removed takes its watch along (IN_IGNORED). */
static void forget_ignored(struct folder_watch *watch, const char *events, size_t size)
{
    struct inotify_event event;

    for (size_t at = 0; size - at >= sizeof event; at += sizeof event + event.len) {
        memcpy(&event, events + at, sizeof event);
        for (size_t i = 0; event.mask & IN_IGNORED && i < watch->count; i++)
            if (watch->folders[i].id == event.wd)
                watch->folders[i].id = -1;
    }
}

void folder_watch_wait(struct folder_watch *watch, uint32_t timeout_ms)
{
    struct pollfd polls[] = {{.fd = watch->inotify, .events = POLLIN}, {.fd = watch->wake, .events = POLLIN}};
    char events[EVENTS_BYTES];
    uint64_t wakes;
    ssize_t got;

    for (size_t i = 0; i < watch->count; i++)
        if (watch->folders[i].id < 0)
            watch_folder(watch, &watch->folders[i]);
    poll(polls, 2, timeout_ms > INT32_MAX ? -1 : (int)timeout_ms);
    while ((got = read(watch->inotify, events, sizeof events)) > 0)
        forget_ignored(watch, events, (size_t)got);
    got = read(watch->wake, &wakes, sizeof wakes);
    (void)got; /* nothing to read means that nobody called */
}

void folder_watch_wake(struct folder_watch *watch)
{
    uint64_t one = 1;
    ssize_t put = write(watch->wake, &one, sizeof one);

    (void)put; /* fails only when it is set already */
}

void folder_watch_free(struct folder_watch *watch)
{
    if (!watch)
        return;
    if (watch->inotify >= 0)
        close(watch->inotify);
    if (watch->wake >= 0)
        close(watch->wake);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->folders[i].path);
    free(watch);
}
