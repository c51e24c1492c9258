/* queue_state.c - see queue_state.h. */
#include "queue_state.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

#define NAME "schedule"

enum status queue_state_read(const char *queue, struct buffer *out)
{
    char *path = path_joined(queue, NAME);
    enum status st = path ? file_read_whole(path, QUEUE_STATE_BYTES, out) : ST_MEMORY;

    free(path);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status queue_state_write(const char *queue, const char *text, size_t size, struct buffer *last)
{
    char *path;
    enum status st;

    if (last->len == size && (!size || memcmp(last->data, text, size) == 0))
        return ST_OK;
    path = path_joined(queue, NAME);
    st = path ? file_write_whole(path, text, size) : ST_MEMORY;
    free(path);
    if (st)
        return st;
    last->len = 0;
    return buffer_append(last, text, size);
}
