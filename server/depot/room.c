/* room.c - see room.h. */
#include "depot/room.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include <stdlib.h>
#include <string.h>

#define COUNT_EVERY_MS 60000u
#define MAX_DEPTH      8 /* <name>/<id>/<file> needs three */

struct room {
    struct mutex *mutex;
    char *folder;
    uint64_t max_bytes, used_bytes;
    uint64_t counted_ms; /* 0 = not yet */
};

static uint64_t bytes_below(const char *path, int depth)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    uint64_t total = 0;
    if (!depth || folder_open(&folder, path))
        return 0;
    while (folder_next(folder, &name) == ST_OK) {
        char *inside = name[0] == '.' ? NULL : path_joined(path, name); /* .new: files that are not in yet */
        struct file_info info;
        if (inside && file_stat(inside, &info) == ST_OK)
            total += info.is_folder ? bytes_below(inside, depth - 1) : info.size_bytes;
        free(inside);
    }
    folder_close(folder);
    return total;
}

enum status room_create(struct room **ret, const char *folder, uint64_t max_bytes)
{
    struct room *room = calloc(1, sizeof *room);
    if (!room)
        return ST_MEMORY;
    room->max_bytes = max_bytes;
    room->folder = strdup(folder);
    enum status status = room->folder ? mutex_create(&room->mutex) : ST_MEMORY;
    if (status)
        room_free(room);
    else
        *ret = room;
    return status;
}

void room_free(struct room *room)
{
    if (!room)
        return;
    mutex_free(room->mutex);
    free(room->folder);
    free(room);
}

static enum status take(struct room *room, uint64_t size_bytes)
{
    uint64_t now_ms = clock_steady_ms();
    if (!room->counted_ms || now_ms - room->counted_ms > COUNT_EVERY_MS) {
        room->used_bytes = bytes_below(room->folder, MAX_DEPTH);
        room->counted_ms = now_ms;
    }
    if (room->used_bytes > room->max_bytes || size_bytes > room->max_bytes - room->used_bytes)
        return ST_FULL;
    room->used_bytes += size_bytes;
    return ST_OK;
}

enum status room_take(struct room *room, uint64_t size_bytes, struct buffer *out_error)
{
    if (!room->max_bytes)
        return ST_OK;
    mutex_lock(room->mutex);
    enum status status = take(room, size_bytes);
    uint64_t used_bytes = room->used_bytes;
    mutex_unlock(room->mutex);
    if (status)
        buffer_printf(out_error,
                      "does not fit: the server's symbols hold %.1f MB of the %.1f MB that --max-symbol-store allows; remove builds that "
                      "nobody runs any more, or allow more",
                      (double)used_bytes / 1048576, (double)room->max_bytes / 1048576);
    return status;
}
