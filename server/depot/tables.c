/* tables.c - see tables.h. */
#include "depot/tables.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "symbols/store.h"
#include <stdlib.h>
#include <string.h>

#define MAX_WAITING     256u
#define MAX_FAILED      256u
#define TRIM_EVERY_MS   60000u
#define AGAIN_AFTER_MS  600000u /* for a file that could not be compiled: it may have been replaced */
#define MAX_ERROR_BYTES 2048

/* A table that could not be made. */
struct failure {
    char *place;
    uint64_t until_ms;
};

struct tables {
    struct tables_options options;
    struct process_client *client;
    struct thread *thread;
    struct event *wake;
    struct mutex *mutex; /* over what waits */
    struct table_use waiting[MAX_WAITING];
    size_t first, count;
    struct failure failed[MAX_FAILED]; /* a ring */
    size_t next_failed;
};

/* A search for the file that a table is made of. */
struct making {
    struct tables *tables;
    const struct table_use *use;
    bool is_made;
};

void tables_used(struct tables *tables, const struct table_use *use)
{
    mutex_lock(tables->mutex);
    if (tables->count < MAX_WAITING)
        tables->waiting[(tables->first + tables->count++) % MAX_WAITING] = *use;
    mutex_unlock(tables->mutex);
    event_set(tables->wake);
}

static bool next_use(struct tables *tables, struct table_use *ret)
{
    mutex_lock(tables->mutex);
    bool is_there = tables->count > 0;
    if (is_there) {
        *ret = tables->waiting[tables->first];
        tables->first = (tables->first + 1) % MAX_WAITING;
        tables->count--;
    }
    mutex_unlock(tables->mutex);
    return is_there;
}

static bool has_failed(const struct tables *tables, const char *place)
{
    for (size_t i = 0; i < MAX_FAILED; i++)
        if (tables->failed[i].place && strcmp(tables->failed[i].place, place) == 0 && tables->failed[i].until_ms > clock_steady_ms())
            return true;
    return false;
}

/* Takes over place. */
static void remember_failure(struct tables *tables, char *place)
{
    struct failure *failure = &tables->failed[tables->next_failed++ % MAX_FAILED];
    free(failure->place);
    *failure = (struct failure){place, clock_steady_ms() + AGAIN_AFTER_MS};
}

static bool make_of(void *context, const char *path)
{
    struct making *making = context;
    struct tables *tables = making->tables;
    uint64_t started_ms = clock_steady_ms();
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status =
        depot_make_table(tables->options.depot, tables->client, making->use->kind, making->use->name, making->use->id, path, &error);
    if (!status)
        log_info("symbols-compiled", "file=\"%s\" took_ms=%llu", path, (unsigned long long)(clock_steady_ms() - started_ms));
    else if (!atomic_load(tables->options.cancel))
        log_warn("symbols-not-compiled", "file=\"%s\" status=%s reason=\"%s\"", path, status_name(status), buffer_text(&error));
    buffer_done(&error);
    making->is_made = !status;
    return making->is_made || atomic_load(tables->options.cancel);
}

static void make_table(struct tables *tables, const struct table_use *use, char *place)
{
    struct making making = {tables, use, false};
    const struct locate_request request = {use->kind, use->name, use->id, make_of, NULL, &making};
    for (size_t i = 0; i < tables->options.folder_count && !making.is_made && !atomic_load(tables->options.cancel); i++)
        locate_in(tables->options.folders[i], &request);
    if (making.is_made)
        free(place);
    else
        remember_failure(tables, place);
}

static void deal_with(struct tables *tables, const struct table_use *use)
{
    char *place = symbol_store_table_path(depot_cache(tables->options.depot), use->kind, use->name, use->id);
    if (!place)
        return;
    if (use->is_cached && file_touch(place) == ST_OK) {
        free(place);
        return;
    }
    if (use->is_cached || has_failed(tables, place))
        free(place);
    else
        make_table(tables, use, place);
}

static void trim(struct tables *tables)
{
    enum status status = symbol_store_trim(depot_cache(tables->options.depot), tables->options.max_bytes);
    if (status)
        log_warn("symbols-cache-not-trimmed", "folder=\"%s\" error=\"%s\"", depot_cache(tables->options.depot), status_text(status));
}

static void run(void *context)
{
    struct tables *tables = context;
    uint64_t trimmed_ms = 0;
    struct table_use use;
    while (!atomic_load(tables->options.cancel)) {
        bool is_busy = next_use(tables, &use);
        if (is_busy)
            deal_with(tables, &use);
        if (!trimmed_ms || (is_busy && !use.is_cached) || clock_steady_ms() - trimmed_ms > TRIM_EVERY_MS) {
            trim(tables);
            trimmed_ms = clock_steady_ms();
        }
        if (!is_busy)
            event_wait(tables->wake, TRIM_EVERY_MS);
    }
}

enum status tables_start(struct tables **ret, const struct tables_options *options)
{
    struct tables *tables = calloc(1, sizeof *tables);
    if (!tables)
        return ST_MEMORY;
    tables->options = *options;
    enum status status = mutex_create(&tables->mutex);
    if (!status)
        status = event_create(&tables->wake);
    if (!status)
        status = depot_client_create(options->depot, &tables->client);
    if (!status)
        status = thread_start(&tables->thread, run, tables);
    if (status)
        tables_stop(tables);
    else
        *ret = tables;
    return status;
}

void tables_stop(struct tables *tables)
{
    if (!tables)
        return;
    atomic_store(tables->options.cancel, true);
    if (tables->wake)
        event_set(tables->wake);
    thread_join(tables->thread);
    process_client_free(tables->client);
    event_free(tables->wake);
    mutex_free(tables->mutex);
    for (size_t i = 0; i < MAX_FAILED; i++)
        free(tables->failed[i].place);
    free(tables);
}
