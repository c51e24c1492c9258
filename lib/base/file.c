/* file.c - what can be said of files on every system in terms of the single steps in win/ and posix/. */
#include "base/file_os.h"
#include "base/random.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define FILE_CHUNK_BYTES 65536
#define FILE_PATH_BYTES  65536

/* A new string with the folder that path lies in: "." when it names none. NULL without memory. */
static char *parent_of(const char *path)
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
        char *parent = parent_of(path);
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

/* A name beside path that nobody else has: the random part keeps two writers of one path apart. */
static enum status temporary_name(struct buffer *out, const char *path)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    enum status status = random_bytes(random, sizeof random);
    if (status)
        return status;
    text_hex(hex, random, sizeof random);
    status = buffer_append_text(out, path);
    if (!status)
        status = buffer_append_byte(out, '.');
    if (!status)
        status = buffer_append_text(out, hex);
    return status ? status : buffer_append_text(out, ".tmp");
}

enum status file_write_whole(const char *path, const void *bytes, size_t size)
{
    struct file file = {FILE_CLOSED};
    struct buffer temporary;
    char *parent = NULL;
    bool made = false;
    buffer_init(&temporary, FILE_PATH_BYTES);
    enum status status = temporary_name(&temporary, path);
    if (!status)
        status = file_open(&file, buffer_text(&temporary), FILE_MODE_CREATE);
    made = !status;
    if (!status)
        status = file_write(&file, bytes, size);
    if (!status)
        status = file_sync(&file);
    file_close(&file);
    if (!status)
        status = file_rename(buffer_text(&temporary), path, true);
    if (made && status)
        file_remove(buffer_text(&temporary));
    if (!status) {
        parent = parent_of(path);
        status = parent ? folder_sync(parent) : ST_MEMORY;
    }
    free(parent);
    buffer_done(&temporary);
    return status;
}
