/* depot.c - see depot.h. The order matters: the file is in its place before the table and before waiting reports hear of it, so a report
 * that is stored as waiting meanwhile finds either its row cleared or the file there (jobs.c looks again). */
#include "depot/depot.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "depot/room.h"
#include "store/id.h"
#include "store/symbol.h"
#include "symbols/store.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_BYTES 8192
#define COMPARE_BYTES  65536u

struct depot {
    struct depot_options options;
    char *folder, *cache, *new_folder;
    struct room *room;
};

static enum status make_folders(struct depot *depot)
{
    char *dir = realpath(depot->options.data_dir, NULL);
    if (!dir)
        return status_from_errno(errno);
    depot->folder = path_joined(dir, "symbols");
    depot->cache = path_joined(dir, "symbols-cache");
    depot->new_folder = depot->folder ? path_joined(depot->folder, ".new") : NULL;
    free(dir);
    if (!depot->folder || !depot->cache || !depot->new_folder)
        return ST_MEMORY;
    enum status status = folder_create(depot->new_folder);
    return status ? status : folder_create(depot->cache);
}

static enum status sweep_new(const struct depot *depot)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    enum status status = folder_open(&folder, depot->new_folder);
    while (!status && (status = folder_next(folder, &name)) == ST_OK) {
        char *path = path_joined(depot->new_folder, name);
        status = path ? file_remove(path) : ST_MEMORY;
        free(path);
    }
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

enum status depot_open(struct depot **ret, const struct depot_options *options, bool sweep)
{
    struct depot *depot = calloc(1, sizeof *depot);
    if (!depot)
        return ST_MEMORY;
    depot->options = *options;
    enum status status = make_folders(depot);
    if (!status && sweep)
        status = sweep_new(depot);
    if (!status)
        status = room_create(&depot->room, depot->folder, options->max_bytes);
    if (status) {
        depot_close(depot);
        return status;
    }
    *ret = depot;
    return ST_OK;
}

void depot_close(struct depot *depot)
{
    if (!depot)
        return;
    room_free(depot->room);
    free(depot->folder);
    free(depot->cache);
    free(depot->new_folder);
    free(depot);
}

const char *depot_folder(const struct depot *depot)
{
    return depot->folder;
}

const char *depot_cache(const struct depot *depot)
{
    return depot->cache;
}

const char *depot_new_folder(const struct depot *depot)
{
    return depot->new_folder;
}

uint32_t depot_timeout_ms(const struct depot *depot)
{
    return depot->options.timeout_ms;
}

enum status depot_path(const struct depot *depot, const struct symbol_address *address, struct buffer *out)
{
    return buffer_printf(out, "%s/%s/%s/%s", depot->folder, address->name, address->id, address->file);
}

bool depot_has(const struct depot *depot, const struct symbol_address *address)
{
    struct buffer path;
    struct file_info info;
    buffer_init(&path, MAX_PATH_BYTES);
    bool has = depot_path(depot, address, &path) == ST_OK && file_stat(buffer_text(&path), &info) == ST_OK && info.is_regular;
    buffer_done(&path);
    return has;
}

bool depot_has_any(const struct depot *depot, const char *name, const char *id)
{
    struct symbol_address address;
    if (symbol_address_make(&address, name, id, name) && depot_has(depot, &address))
        return true;
    return symbol_address_make_sym(&address, name, id) && depot_has(depot, &address);
}

enum status depot_client_create(const struct depot *depot, struct process_client **ret)
{
    struct process_client_options options = {
        .program_path = depot->options.program_path, .is_large = true, .cancel = depot->options.cancel};
    return process_client_create(ret, &options);
}

/* -- taking a file in -- */

/* A table on its way into the cache: where it is written, and where it shall stand. */
struct table {
    char *path, *place;
};

/* What it is made of. */
struct table_source {
    enum locate_kind kind;
    const char *name, *id, *path;
};

/* One file on its way in. */
struct arrival {
    struct depot *depot;
    struct process_client *client;
    const struct symbol_address *address;
    const char *path;
    enum locate_kind kind;
    struct table table;
    struct buffer *error;
};

/* Breakpad's text names its module; the other kinds are called as their address says. */
static enum status check_kind(struct arrival *arrival)
{
    struct symbol_identity identity;
    enum status status =
        process_client_identify(arrival->client, arrival->path, arrival->depot->options.timeout_ms, &identity, arrival->error);
    if (status)
        return status;
    arrival->kind = identity.kind;
    if ((identity.kind == LOCATE_SYM) != arrival->address->is_sym) {
        buffer_printf(arrival->error, "is not the kind of file that its address says");
        return ST_REFUSED;
    }
    if (identity.kind == LOCATE_SYM && !text_equal_nocase(identity.name, arrival->address->name)) {
        buffer_printf(arrival->error, "belongs to another module: its MODULE line names \"%s\"", identity.name);
        return ST_REFUSED;
    }
    return ST_OK;
}

static void table_done(struct table *table)
{
    if (table->path)
        file_remove(table->path); /* none is there when it has its place */
    free(table->path);
    free(table->place);
}

/* Has the child compile a file. table must be zero, and gets what table_done needs also on an error. */
static enum status table_make(struct depot *depot, struct process_client *client, const struct table_source *source, struct table *table,
                              struct buffer *error)
{
    struct file out = {FILE_CLOSED};
    char name[ID_SECRET_BYTES];
    id_secret(name);
    table->path = path_joined(depot->new_folder, name);
    table->place = symbol_store_table_path(depot->cache, source->kind, source->name, source->id);
    if (!table->path || !table->place) {
        buffer_printf(error, "has a name that is too long");
        return ST_REFUSED;
    }
    enum status status = file_open(&out, table->path, FILE_MODE_CREATE);
    if (status)
        buffer_printf(error, "could not be taken in: %s", status_text(status));
    else
        status = process_client_table(client, source->kind, source->id, source->path, depot->options.timeout_ms, &out, error);
    file_close(&out);
    return status;
}

/* The file's place, with its folders. */
static enum status make_place(const struct arrival *arrival, struct buffer *ret_folder, struct buffer *ret_path)
{
    enum status status = buffer_printf(ret_folder, "%s/%s/%s", arrival->depot->folder, arrival->address->name, arrival->address->id);
    if (!status)
        status = depot_path(arrival->depot, arrival->address, ret_path);
    return status ? status : folder_create(buffer_text(ret_folder));
}

static enum status put_in_place(struct arrival *arrival, enum depot_outcome *ret_outcome)
{
    struct buffer folder, path;
    struct file_info info;
    buffer_init(&folder, MAX_PATH_BYTES);
    buffer_init(&path, MAX_PATH_BYTES);
    enum status status = make_place(arrival, &folder, &path);
    bool was_there = !status && file_stat(buffer_text(&path), &info) == ST_OK;
    if (!status)
        status = file_rename(arrival->path, buffer_text(&path), true);
    if (!status)
        status = folder_sync(buffer_text(&folder));
    if (!status)
        status = file_rename(arrival->table.path, arrival->table.place, true); /* lost in a power cut, it is made anew by who needs it */
    if (!status)
        *ret_outcome = was_there ? DEPOT_REPLACED : DEPOT_NEW;
    buffer_done(&path);
    buffer_done(&folder);
    return status;
}

static enum status note_arrival(struct db_tx *tx, const struct arrival *arrival, bool is_same, int64_t *ret_reports)
{
    char path[SYMBOL_ADDRESS_BYTES];
    struct symbol_wanted file = {arrival->address->name, arrival->address->id, false};
    symbol_address_write(arrival->address, path);
    enum status status = is_same ? ST_OK : symbol_sum_forget(tx, path);
    return status ? status : symbol_arrived(tx, &file, clock_unix_ms(), ret_reports);
}

/* is_same: the very file was there before. */
static enum status wake_reports(const struct arrival *arrival, bool is_same)
{
    struct db_tx *tx = NULL;
    int64_t reports = 0;
    enum status status = db_begin(arrival->depot->options.db, DB_WRITE, &tx);
    if (status)
        return status;
    status = note_arrival(tx, arrival, is_same, &reports);
    if (status)
        db_rollback(tx);
    else
        status = db_commit(tx);
    if (!status)
        log_info("symbols-arrived", "name=\"%s\" id=%s file=\"%s\" reports=%lld", arrival->address->name, arrival->address->id,
                 arrival->address->file, (long long)reports);
    return status;
}

/* -- a file that is there already -- */

static bool has_same_bytes(struct file *a, struct file *b, uint64_t size_bytes)
{
    uint8_t ours[COMPARE_BYTES], theirs[COMPARE_BYTES];
    for (uint64_t offset = 0; offset < size_bytes; offset += COMPARE_BYTES) {
        size_t part = size_bytes - offset < COMPARE_BYTES ? (size_t)(size_bytes - offset) : COMPARE_BYTES;
        if (file_read_at(a, offset, ours, part) || file_read_at(b, offset, theirs, part) || memcmp(ours, theirs, part) != 0)
            return false;
    }
    return true;
}

static bool is_there_already(const struct arrival *arrival)
{
    struct file stored = {FILE_CLOSED}, arrived = {FILE_CLOSED};
    struct file_info stored_info, arrived_info;
    struct buffer path;
    buffer_init(&path, MAX_PATH_BYTES);
    bool same = depot_path(arrival->depot, arrival->address, &path) == ST_OK &&
                file_open(&stored, buffer_text(&path), FILE_MODE_READ) == ST_OK &&
                file_open(&arrived, arrival->path, FILE_MODE_READ) == ST_OK && file_info_of(&stored, &stored_info) == ST_OK &&
                file_info_of(&arrived, &arrived_info) == ST_OK && stored_info.size_bytes == arrived_info.size_bytes &&
                has_same_bytes(&stored, &arrived, stored_info.size_bytes);
    file_close(&arrived);
    file_close(&stored);
    buffer_done(&path);
    return same;
}

/* It was read when it came the first time. Reports are woken all the same: a server may have died before it did that. */
static enum status greet_again(struct arrival *arrival, enum depot_outcome *ret_outcome)
{
    enum status status = wake_reports(arrival, true);
    if (status) {
        buffer_printf(arrival->error, "could not be stored: %s", status_text(status));
        return status == ST_NOT_FOUND ? ST_IO : status;
    }
    file_remove(arrival->path);
    *ret_outcome = DEPOT_SAME;
    return ST_OK;
}

static enum status store(struct arrival *arrival, enum depot_outcome *ret_outcome)
{
    enum status status = put_in_place(arrival, ret_outcome);
    if (!status)
        status = wake_reports(arrival, false);
    if (status)
        buffer_printf(arrival->error, "could not be stored: %s", status_text(status));
    return status == ST_REFUSED || status == ST_FORMAT || status == ST_NOT_FOUND ? ST_IO : status;
}

/* A file that takes another's place takes no more room. */
static enum status take_room(struct arrival *arrival)
{
    struct file_info info;
    if (depot_has(arrival->depot, arrival->address))
        return ST_OK;
    enum status status = file_stat(arrival->path, &info);
    return status ? status : room_take(arrival->depot->room, info.size_bytes, arrival->error);
}

enum status depot_put(struct depot *depot, struct process_client *client, const struct symbol_address *address, const char *path,
                      enum depot_outcome *ret_outcome, struct buffer *out_error)
{
    struct arrival arrival = {.depot = depot, .client = client, .address = address, .path = path, .error = out_error};
    if (is_there_already(&arrival))
        return greet_again(&arrival, ret_outcome);
    enum status status = check_kind(&arrival);
    if (!status) {
        const struct table_source source = {arrival.kind, address->name, address->id, path};
        status = table_make(depot, client, &source, &arrival.table, out_error);
    }
    if (!status)
        status = take_room(&arrival);
    if (!status)
        status = store(&arrival, ret_outcome);
    table_done(&arrival.table);
    return status;
}

enum status depot_make_table(struct depot *depot, struct process_client *client, enum locate_kind kind, const char *name, const char *id,
                             const char *path, struct buffer *out_error)
{
    const struct table_source source = {kind, name, id, path};
    struct table table = {NULL, NULL};
    enum status status = table_make(depot, client, &source, &table, out_error);
    if (!status)
        status = file_rename(table.path, table.place, true);
    table_done(&table);
    return status;
}
