/* fetch.c - see fetch.h. One file at a time: symbol servers are slow friends. */
#include "depot/fetch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include "depot/download.h"
#include "process/cabinet.h"
#include "store/id.h"
#include "store/symbol.h"
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_MS   2000
#define MAX_ERROR_BYTES 2048
#define MAX_URL_BYTES   4096

/* How long an answer holds. */
#define ABSENT_MS    (24LL * 3600 * 1000)
#define MALFORMED_MS (7 * 24LL * 3600 * 1000)
#define FAILED_MS    (10LL * 60 * 1000)

struct fetch {
    struct fetch_options options;
    char **hosts; /* those of the addresses, then the others */
    size_t host_count;
    struct thread *thread;
    struct event *wake;
};

/* One file that is wanted. */
struct errand {
    struct fetch *fetch;
    struct symbol_address address;
    char *file; /* what was downloaded, and what was unpacked of it */
    char *unpacked;
    struct buffer why;
};

/* -- what to fetch -- */

static enum status next_wanted(struct fetch *fetch, struct symbol_address *ret)
{
    struct db_tx *tx = NULL;
    char name[IDENTIFY_NAME_BYTES], id[LOCATE_MAX_ID_BYTES + 1];
    enum status status = db_begin(fetch->options.db, DB_READ, &tx);
    if (status)
        return status;
    status = symbol_next_to_fetch(tx, clock_unix_ms(), name, sizeof name, id, sizeof id);
    db_rollback(tx);
    if (!status && !symbol_address_make(ret, name, id, name)) {
        log_warn("symbols-not-fetchable", "name=\"%s\" id=%s", name, id);
        memset(ret, 0, sizeof *ret);
        text_copy(ret->name, sizeof ret->name, name);
        text_copy(ret->id, sizeof ret->id, id);
        return ST_ARGUMENT;
    }
    return status;
}

static void remember(struct fetch *fetch, const struct symbol_address *address, int64_t until_ms)
{
    struct symbol_wanted file = {address->name, address->id, false};
    struct db_tx *tx = NULL;
    enum status status = db_begin(fetch->options.db, DB_WRITE, &tx);
    if (status)
        return;
    status = symbol_fetched(tx, &file, until_ms);
    if (status)
        db_rollback(tx);
    else
        db_commit(tx);
}

/* -- one file from one server -- */

/* One part of an address, percent-encoded but for what needs none; the first size bytes of it. */
static enum status add_part(struct buffer *url, const char *part, size_t size)
{
    enum status status = buffer_append_byte(url, '/');
    for (size_t i = 0; i < size && !status; i++) {
        bool is_plain = (part[i] >= 'a' && part[i] <= 'z') || (part[i] >= '0' && part[i] <= '9') || strchr("._-~", part[i]);
        status = is_plain ? buffer_append_byte(url, (uint8_t)part[i]) : buffer_printf(url, "%%%02X", (unsigned char)part[i]);
    }
    return status;
}

/* packed: as symbol stores keep CAB archives, the last letter a '_'. */
static enum status make_url(const struct symbol_address *address, const char *base, bool packed, struct buffer *url)
{
    size_t size = strlen(address->file), length = strlen(base);
    while (length && base[length - 1] == '/')
        length--;
    enum status status = buffer_append(url, base, length);
    if (!status)
        status = add_part(url, address->name, strlen(address->name));
    if (!status)
        status = add_part(url, address->id, strlen(address->id));
    if (!status)
        status = add_part(url, address->file, size - packed);
    return status || !packed ? status : buffer_append_byte(url, '_');
}

static enum status download_url(struct errand *errand, const char *url)
{
    const struct fetch_options *options = &errand->fetch->options;
    struct download_options how = {(const char *const *)errand->fetch->hosts, errand->fetch->host_count, options->max_bytes,
                                   options->timeout_ms, options->cancel};
    struct file out = {FILE_CLOSED};
    buffer_reset(&errand->why);
    enum status status = file_open(&out, errand->file, FILE_MODE_REPLACE);
    if (!status)
        status = download_file(&how, url, &out, &errand->why);
    if (!status)
        status = file_sync(&out);
    file_close(&out);
    if (status)
        log_info("symbols-not-fetched", "url=\"%s\" status=%s reason=\"%s\"", url, status_name(status), buffer_text(&errand->why));
    return status;
}

static enum status download(struct errand *errand, const char *base, bool packed)
{
    struct buffer url;
    buffer_init(&url, MAX_URL_BYTES);
    enum status status = make_url(&errand->address, base, packed, &url) ? ST_NOT_FOUND : download_url(errand, buffer_text(&url));
    buffer_done(&url);
    return status;
}

static enum status put(struct errand *errand, const char *path)
{
    struct process_client *client = NULL;
    enum depot_outcome outcome = DEPOT_NEW;
    enum status status = depot_client_create(errand->fetch->options.depot, &client);
    if (!status)
        status = depot_put(errand->fetch->options.depot, client, &errand->address, path, &outcome, &errand->why);
    process_client_free(client);
    if (status)
        log_warn("symbols-fetched-in-vain", "name=\"%s\" id=%s reason=\"%s\"", errand->address.name, errand->address.id,
                 buffer_text(&errand->why));
    return status == ST_NOT_FOUND ? ST_FORMAT : status;
}

/* The file as it is, else packed. Errors: ST_NOT_FOUND (nobody has it), ST_FORMAT or ST_REFUSED (it is not what it should be), others. */
static enum status fetch_from(struct errand *errand, const char *base)
{
    const char *why = "";
    enum status status = download(errand, base, false);
    if (!status)
        return put(errand, errand->file);
    if (status != ST_NOT_FOUND)
        return status == ST_REFUSED ? ST_NOT_FOUND : status;
    status = download(errand, base, true);
    if (status)
        return status == ST_REFUSED ? ST_NOT_FOUND : status;
    status = cabinet_expand_file(errand->file, errand->unpacked, errand->fetch->options.max_bytes, &why);
    if (!status)
        return put(errand, errand->unpacked);
    log_warn("symbols-fetched-in-vain", "name=\"%s\" id=%s reason=\"%s\"", errand->address.name, errand->address.id, why);
    return status == ST_TOO_LARGE ? ST_FORMAT : status;
}

static enum status fetch_from_all(struct errand *errand)
{
    const struct fetch_options *options = &errand->fetch->options;
    enum status worst = ST_NOT_FOUND;
    for (size_t i = 0; i < options->url_count && !atomic_load(options->cancel); i++) {
        enum status status = fetch_from(errand, options->urls[i]);
        if (!status)
            return ST_OK;
        worst = status == ST_NOT_FOUND ? worst : status;
    }
    return worst;
}

static char *new_path(const struct fetch *fetch)
{
    char name[ID_SECRET_BYTES];
    id_secret(name);
    return path_joined(depot_new_folder(fetch->options.depot), name);
}

static enum status run_errand(struct errand *errand)
{
    errand->file = new_path(errand->fetch);
    errand->unpacked = new_path(errand->fetch);
    buffer_init(&errand->why, MAX_ERROR_BYTES);
    enum status status = errand->file && errand->unpacked ? fetch_from_all(errand) : ST_MEMORY;
    if (errand->file)
        file_remove(errand->file);
    if (errand->unpacked)
        file_remove(errand->unpacked);
    buffer_done(&errand->why);
    free(errand->file);
    free(errand->unpacked);
    return status;
}

static int64_t holds_ms(enum status status)
{
    switch (status) {
    case ST_NOT_FOUND:
    case ST_ARGUMENT:
        return ABSENT_MS;
    case ST_FORMAT:
    case ST_REFUSED:
    case ST_TOO_LARGE:
        return MALFORMED_MS;
    default:
        return FAILED_MS;
    }
}

/* False when there is nothing to fetch. */
static bool fetch_next(struct fetch *fetch)
{
    struct errand errand = {.fetch = fetch};
    enum status status = next_wanted(fetch, &errand.address);
    if (status && status != ST_ARGUMENT)
        return false;
    if (!status)
        status = run_errand(&errand);
    if (atomic_load(fetch->options.cancel))
        return false;
    if (status)
        remember(fetch, &errand.address, clock_unix_ms() + holds_ms(status));
    else
        fetch->options.on_waiting(fetch->options.on_waiting_context);
    return true;
}

static void run(void *context)
{
    struct fetch *fetch = context;
    while (!atomic_load(fetch->options.cancel))
        if (!fetch_next(fetch))
            event_wait(fetch->wake, LOOK_EVERY_MS);
}

/* -- start and stop -- */

static enum status list_hosts(struct fetch *fetch, const char **ret_url)
{
    const struct fetch_options *options = &fetch->options;
    fetch->hosts = calloc(options->url_count + options->host_count + 1, sizeof *fetch->hosts);
    if (!fetch->hosts)
        return ST_MEMORY;
    for (size_t i = 0; i < options->url_count; i++) {
        *ret_url = options->urls[i];
        if (!download_may_ask(options->urls[i], &fetch->hosts[fetch->host_count]))
            return ST_ARGUMENT;
        fetch->host_count++;
    }
    for (size_t i = 0; i < options->host_count; i++) {
        fetch->hosts[fetch->host_count] = strdup(options->hosts[i]);
        if (!fetch->hosts[fetch->host_count++])
            return ST_MEMORY;
    }
    return ST_OK;
}

enum status fetch_start(struct fetch **ret, const struct fetch_options *options, const char **ret_url)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    enum status status = fetch ? download_begin() : ST_MEMORY;
    *ret_url = "";
    if (status) {
        free(fetch);
        return status;
    }
    fetch->options = *options;
    status = list_hosts(fetch, ret_url);
    if (!status)
        status = event_create(&fetch->wake);
    if (!status)
        status = thread_start(&fetch->thread, run, fetch);
    if (status) {
        fetch_stop(fetch);
        return status;
    }
    *ret = fetch;
    return ST_OK;
}

void fetch_stop(struct fetch *fetch)
{
    if (!fetch)
        return;
    atomic_store(fetch->options.cancel, true);
    if (fetch->wake)
        event_set(fetch->wake);
    thread_join(fetch->thread);
    event_free(fetch->wake);
    for (size_t i = 0; fetch->hosts && i < fetch->host_count; i++)
        free(fetch->hosts[i]);
    free(fetch->hosts);
    free(fetch);
    download_end();
}
