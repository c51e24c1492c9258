/* store.c - see store.h. A blob is put before the report that needs it is committed; the marker in tmp/ lets the next start remove a blob
 * whose report never came to be. */
#include "store/store.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/schema.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum status open_part(const char *data_dir, const char *name, char **ret)
{
    *ret = path_joined(data_dir, name);
    return *ret ? ST_OK : ST_MEMORY;
}

static enum status take_lock(struct store *store, const char *data_dir)
{
    char *path = NULL;
    enum status status = open_part(data_dir, "lock", &path);
    if (!status)
        status = file_open(&store->lock, path, FILE_MODE_APPEND);
    if (!status)
        status = file_lock(&store->lock);
    free(path);
    return status;
}

static enum status open_database(struct store *store, const char *data_dir)
{
    char *path = NULL;
    enum status status = open_part(data_dir, "salvor.db", &path);
    if (!status)
        status = db_open(&store->db, path);
    if (!status)
        status = schema_apply(store->db);
    free(path);
    return status;
}

static bool is_marker(const char *name)
{
    return strlen(name) == BLOB_NAME_BYTES - 1;
}

/* Uploads that were under way when a server died were never answered; blobs with a marker may or may not have got their report. */
static enum status sweep(struct store *store)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    unsigned swept = 0;
    enum status status = folder_open(&folder, store->tmp_dir);
    while (!status && (status = folder_next(folder, &name)) == ST_OK) {
        char *path = path_joined(store->tmp_dir, name);
        if (!path) {
            status = ST_MEMORY;
            break;
        }
        if (is_marker(name))
            store_intake_settle(store, name);
        else
            file_remove(path);
        swept++;
        free(path);
    }
    folder_close(folder);
    if (swept)
        log_info("swept", "folder=\"%s\" files=%u", store->tmp_dir, swept);
    return status == ST_END ? ST_OK : status;
}

static enum status open_for_serving(struct store *store, const char *data_dir)
{
    char *blobs = NULL;
    enum status status = take_lock(store, data_dir);
    if (!status)
        status = mutex_create(&store->intake_lock);
    if (!status)
        status = open_part(data_dir, "tmp", &store->tmp_dir);
    if (!status)
        status = folder_create(store->tmp_dir);
    if (!status)
        status = open_part(data_dir, "blobs", &blobs);
    if (!status)
        status = blob_store_open(&store->blobs, blobs);
    free(blobs);
    return status;
}

enum status store_open(struct store *ret, const char *data_dir, bool serve)
{
    struct store store = STORE_CLOSED;
    char *dir = NULL; /* absolute: children get paths below it */
    enum status status = folder_create(data_dir);
    if (!status && !(dir = realpath(data_dir, NULL)))
        status = status_from_errno(errno);
    if (!status && serve)
        status = open_for_serving(&store, dir);
    if (!status)
        status = open_database(&store, dir);
    if (!status && serve)
        status = sweep(&store);
    free(dir);
    if (status) {
        store_close(&store);
        return status;
    }
    *ret = store;
    return ST_OK;
}

void store_close(struct store *store)
{
    db_close(store->db);
    blob_store_close(store->blobs);
    mutex_free(store->intake_lock);
    free(store->tmp_dir);
    file_close(&store->lock);
    *store = (struct store)STORE_CLOSED;
}

enum status store_intake_mark(struct store *store, const char *name)
{
    struct file file = {FILE_CLOSED};
    char *path = path_joined(store->tmp_dir, name);
    enum status status = path ? file_open(&file, path, FILE_MODE_REPLACE) : ST_MEMORY;
    file_close(&file);
    free(path);
    return status;
}

enum status store_intake_put(struct store *store, const char *name, const char *path)
{
    bool created = false;
    enum status status = store_intake_mark(store, name);
    if (!status)
        status = blob_put(store->blobs, name, path, &created);
    return status;
}

static enum status find_reference(struct store *store, const char *name, bool *ret)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(store->db, DB_READ, &tx);
    if (status)
        return status;
    status = db_select_row(
        tx, &query, "SELECT 1 FROM report WHERE dump_blob = ?1 UNION ALL SELECT 1 FROM attachment WHERE blob = ?1 LIMIT 1", db_text(name));
    db_finish(query);
    db_rollback(tx);
    if (status && status != ST_END)
        return status;
    *ret = status == ST_OK;
    return ST_OK;
}

void store_intake_settle(struct store *store, const char *name)
{
    bool referred = true;
    enum status status = find_reference(store, name, &referred);
    if (!status && !referred)
        status = blob_delete(store->blobs, name);
    if (status) {
        log_warn("blob-not-settled", "blob=%s error=\"%s\"", name, status_text(status));
        return; /* the marker stays, so the next start tries again */
    }
    char *path = path_joined(store->tmp_dir, name);
    if (path)
        file_remove(path);
    free(path);
}
