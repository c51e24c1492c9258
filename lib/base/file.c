/* file.c - what can be said of files on every system in terms of the single steps in win/ and posix/. */
#include "base/file_os.h"
#include <stdlib.h>
#include <string.h>

#define FILE_CHUNK_BYTES 65536
#define FILE_PATH_BYTES  65536

char *path_parent_os(const char *path)
{
    size_t length = strlen(path);
    while (length && path_is_separator_os(path[length - 1]))
        length--;
    while (length && !path_is_separator_os(path[length - 1]))
        length--;
    size_t slash = length;
    while (length && path_is_separator_os(path[length - 1]))
        length--;
    struct buffer parent;
    buffer_init(&parent, FILE_PATH_BYTES);
    /* A root keeps its separator: "/", and "C:\", since "C:" is another folder. */
    if (slash && (length == 0 || path[length - 1] == ':'))
        length = slash;
    if (buffer_append(&parent, length ? path : ".", length ? length : 1))
        buffer_done(&parent);
    return buffer_take(&parent);
}

enum status folder_create(const char *path)
{
    enum status status = folder_make_os(path);
    if (status == ST_NOT_FOUND) {
        char *parent = path_parent_os(path);
        if (!parent)
            return ST_MEMORY;
        /* The parent is always shorter, so this ends; a root that does not exist has itself or "." for a parent. */
        status = strlen(parent) < strlen(path) ? folder_create(parent) : ST_NOT_FOUND;
        free(parent);
        if (!status)
            status = folder_make_os(path);
    }
    if (status == ST_EXISTS) {
        /* Through the link, if it is one: an administrator may have put the folder elsewhere. */
        struct folder *folder;
        struct file_info info = {0};
        status = folder_open(&folder, path);
        if (!status)
            folder_close(folder);
        else if (status == ST_NOT_FOUND || (file_stat(path, &info) == ST_OK && info.is_regular))
            status = ST_EXISTS;
    }
    return status;
}

enum status file_read_whole(const char *path, size_t max_bytes, struct buffer *out)
{
    struct file file;
    size_t before = out->len;
    enum status status = file_open(&file, path, FILE_MODE_READ);
    if (status)
        return status;
    for (;;) {
        size_t left = max_bytes - (out->len - before), room = out->max - out->len, got;
        size_t want = left < FILE_CHUNK_BYTES ? left : FILE_CHUNK_BYTES;
        uint8_t beyond;
        if (want > room)
            want = room;
        if (want == 0) { /* full: is there more? */
            status = file_read(&file, &beyond, 1, &got);
            if (!status && got)
                status = ST_TOO_LARGE;
            break;
        }
        status = buffer_reserve(out, want);
        if (!status)
            status = file_read(&file, out->data + out->len, want, &got);
        if (status || got == 0)
            break;
        out->len += got;
        out->data[out->len] = 0;
    }
    file_close(&file);
    if (status)
        out->len = before;
    if (out->data)
        out->data[out->len] = 0;
    return status;
}
