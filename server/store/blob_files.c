/* blob_files.c - blob.h in a folder of files: 256 sub-folders by the first two digits of the name. */
#include "store/blob.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 8192

struct blob_store {
    char *dir;
};

static enum status make_folders(const char *dir)
{
    for (unsigned i = 0; i < 256; i++) {
        char name[3];
        snprintf(name, sizeof name, "%02x", i);
        char *path = path_joined(dir, name);
        enum status status = path ? folder_create(path) : ST_MEMORY;
        free(path);
        if (status)
            return status;
    }
    return folder_sync(dir);
}

enum status blob_store_open(struct blob_store **ret, const char *dir)
{
    struct blob_store *store = calloc(1, sizeof *store);
    if (!store)
        return ST_MEMORY;
    store->dir = strdup(dir);
    enum status status = store->dir ? folder_create(dir) : ST_MEMORY;
    if (!status)
        status = make_folders(dir);
    if (status) {
        blob_store_close(store);
        return status;
    }
    *ret = store;
    return ST_OK;
}

void blob_store_close(struct blob_store *store)
{
    if (!store)
        return;
    free(store->dir);
    free(store);
}

static bool is_blob_name(const char *name)
{
    return strlen(name) == BLOB_NAME_BYTES - 1 && strspn(name, "0123456789abcdef") == BLOB_NAME_BYTES - 1;
}

enum status blob_path(struct blob_store *store, const char *name, struct buffer *out)
{
    if (!is_blob_name(name))
        return ST_ARGUMENT;
    return buffer_printf(out, "%s/%.2s/%s", store->dir, name, name);
}

static enum status folder_of(struct blob_store *store, const char *name, struct buffer *out)
{
    return buffer_printf(out, "%s/%.2s", store->dir, name);
}

enum status blob_put(struct blob_store *store, const char *name, const char *path, bool *ret_created)
{
    struct buffer target, folder;
    struct file_info info;
    buffer_init(&target, PATH_MAX_BYTES);
    buffer_init(&folder, PATH_MAX_BYTES);
    enum status status = blob_path(store, name, &target);
    if (!status)
        status = folder_of(store, name, &folder);
    if (status)
        goto out;
    bool exists = file_stat(buffer_text(&target), &info) == ST_OK;
    status = exists ? file_remove(path) : file_rename(path, buffer_text(&target), false);
    if (!status && !exists) {
        status = folder_sync(buffer_text(&folder));
        if (status)
            file_remove(buffer_text(&target));
    }
    if (!status)
        *ret_created = !exists;
out:
    buffer_done(&folder);
    buffer_done(&target);
    return status;
}

enum status blob_get(struct blob_store *store, const char *name, struct file *ret)
{
    struct buffer path;
    buffer_init(&path, PATH_MAX_BYTES);
    enum status status = blob_path(store, name, &path);
    if (!status)
        status = file_open(ret, buffer_text(&path), FILE_MODE_READ);
    buffer_done(&path);
    return status;
}

enum status blob_stat(struct blob_store *store, const char *name, uint64_t *ret_bytes)
{
    struct buffer path;
    struct file_info info;
    buffer_init(&path, PATH_MAX_BYTES);
    enum status status = blob_path(store, name, &path);
    if (!status)
        status = file_stat(buffer_text(&path), &info);
    if (!status)
        *ret_bytes = info.size_bytes;
    buffer_done(&path);
    return status;
}

enum status blob_delete(struct blob_store *store, const char *name)
{
    struct buffer path;
    buffer_init(&path, PATH_MAX_BYTES);
    enum status status = blob_path(store, name, &path);
    if (!status)
        status = file_remove(buffer_text(&path));
    buffer_done(&path);
    return status == ST_NOT_FOUND ? ST_OK : status;
}
