/* serve.c - `salvor-server serve`: puts the parts together, runs until SIGTERM or SIGINT, and takes them apart in reverse. */
#include "api/api.h"
#include "base/log.h"
#include "base/option.h"
#include "base/process.h"
#include "command/command.h"
#include "command/data.h"
#include "command/first_run.h"
#include "depot/chunk_store.h"
#include "depot/fetch.h"
#include "depot/service.h"
#include "depot/tables.h"
#include "depot/upload_slots.h"
#include "http/assets.h"
#include "http/listener.h"
#include "ingest/ingest.h"
#include "jobs/jobs.h"
#include "process/dwarf.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define STOP_GRACE_MS 10000
#define MEGA          (1024ull * 1024)
#define GIGA          (1024ull * MEGA)

struct settings {
    const char *data, *listen, *log_file;
    bool print_credentials, secure_cookies, help;
    struct option_list symbols, symbol_servers, symbol_hosts;
    const char *symbolizer;
    uint64_t max_symbols, max_symbol_store, symbols_cache_size, symbols_timeout_ms;
    uint64_t max_upload, max_unpacked, max_pending, min_free;
    uint64_t threads, max_connections, idle_timeout_ms, upload_timeout_ms, workers, process_timeout_ms;
};

static const struct settings DEFAULTS = {
    .data = DATA_DEFAULT,
    .listen = "127.0.0.1:8700",
    .max_symbols = 4 * GIGA,
    .symbols_cache_size = 16 * GIGA,
    .symbols_timeout_ms = 10 * 60 * 1000,
    .max_upload = 256 * MEGA,
    .max_unpacked = GIGA,
    .max_pending = 16 * GIGA,
    .min_free = 256 * MEGA,
    .threads = 8,
    .max_connections = 2000,
    .idle_timeout_ms = 30000,
    .upload_timeout_ms = 30 * 60 * 1000,
    .workers = 2,
    .process_timeout_ms = 60000,
};

enum { OPTION_COUNT = 24 };

static void fill_table(struct settings *settings, struct option table[OPTION_COUNT])
{
    const struct option options[OPTION_COUNT] = {
        {"data", OPTION_TEXT, &settings->data, 0, 0, "DIR", "data folder: database, dumps, attachments"},
        {"listen", OPTION_TEXT, &settings->listen, 0, 0, "ADDR:PORT", "address to serve; port 0 picks one"},
        {"print-credentials", OPTION_FLAG, &settings->print_credentials, 0, 0, NULL, "first run: print key and password, terminal or not"},
        {"secure-cookies", OPTION_FLAG, &settings->secure_cookies, 0, 0, NULL, "pages are reached over https only"},
        {"max-upload", OPTION_SIZE, &settings->max_upload, 1024, 0, "SIZE", "largest upload as sent"},
        {"max-unpacked", OPTION_SIZE, &settings->max_unpacked, 1024, 0, "SIZE", "largest upload unpacked: dump and attachments together"},
        {"max-pending", OPTION_SIZE, &settings->max_pending, 1024, 0, "SIZE", "most space for uploads under way together"},
        {"min-free", OPTION_SIZE, &settings->min_free, 0, 0, "SIZE", "uploads are put off with less space on the disk"},
        {"threads", OPTION_NUMBER, &settings->threads, 1, 256, "N", "threads that serve HTTP"},
        {"max-connections", OPTION_NUMBER, &settings->max_connections, 1, 100000, "N", "connections at once"},
        {"idle-timeout", OPTION_DURATION, &settings->idle_timeout_ms, 1000, 3600 * 1000, "TIME",
         "a silent connection is closed after this"},
        {"upload-timeout", OPTION_DURATION, &settings->upload_timeout_ms, 1000, 0, "TIME", "an upload may take this long"},
        {"workers", OPTION_NUMBER, &settings->workers, 1, 32, "N", "dumps processed at once"},
        {"process-timeout", OPTION_DURATION, &settings->process_timeout_ms, 1000, 3600 * 1000, "TIME",
         "processing one dump may take this long"},
        {"symbols", OPTION_LIST, &settings->symbols, 0, 0, "DIR", "a folder of symbols to read besides the server's own; may be repeated"},
        {"symbolizer", OPTION_TEXT, &settings->symbolizer, 0, 0, "PROGRAM",
         "llvm-symbolizer for images with DWARF instead of PATH's; \"\" = none"},
        {"symbol-server", OPTION_LIST, &settings->symbol_servers, 0, 0, "URL", "an upstream symbol server to fetch from; may be repeated"},
        {"symbol-host", OPTION_LIST, &settings->symbol_hosts, 0, 0, "HOST", "a host, or *.domain, to which its redirects may lead"},
        {"max-symbols", OPTION_SIZE, &settings->max_symbols, 1024, 0, "SIZE", "largest symbol file"},
        {"max-symbol-store", OPTION_SIZE, &settings->max_symbol_store, 0, 0, "SIZE",
         "most space for all symbol files together; 0 = what the disk has"},
        {"symbols-cache-size", OPTION_SIZE, &settings->symbols_cache_size, 0, 0, "SIZE",
         "most space for what was read of them: what was not used for longest goes"},
        {"symbols-timeout", OPTION_DURATION, &settings->symbols_timeout_ms, 1000, 3600 * 1000, "TIME",
         "reading one symbol file may take this long"},
        {"log", OPTION_TEXT, &settings->log_file, 0, 0, "FILE", "log file instead of standard error"},
        {"help", OPTION_FLAG, &settings->help, 0, 0, NULL, "show this"},
    };
    for (int i = 0; i < OPTION_COUNT; i++)
        table[i] = options[i];
}

/* Everything that runs, in the order in which it starts. */
struct server {
    struct settings settings;
    struct store store;
    struct spill_budget *budget;
    struct throttle *throttle;
    struct buffer program, symbolizer;
    struct depot *depot;
    struct spill_budget *symbol_budget;
    atomic_bool cancel; /* reading of symbol files */
    struct upload_slots *slots;
    struct chunk_store *chunks;
    struct symbol_service symbols;
    const char **symbol_folders;
    struct tables *tables;
    struct fetch *fetch;
    struct jobs *jobs;
    struct ingest ingest;
    struct api api;
    struct listener *listener;
};

static void on_report(void *context)
{
    struct server *server = context;
    jobs_wake(server->jobs);
}

/* Each connection and each upload is a descriptor or two; what the system allows is more than what it hands out. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        log_warn("file-limit-not-raised", "limit=%llu", (unsigned long long)limit.rlim_cur);
}

/* The server's own symbols first, then the folders that it was told of. */
static enum status list_folders(struct server *server)
{
    const struct option_list *more = &server->settings.symbols;
    server->symbol_folders = calloc(1 + more->count, sizeof *server->symbol_folders);
    if (!server->symbol_folders)
        return ST_MEMORY;
    server->symbol_folders[0] = depot_folder(server->depot);
    for (size_t i = 0; i < more->count; i++)
        server->symbol_folders[1 + i] = more->items[i];
    return ST_OK;
}

static enum status open_chunks(struct server *server)
{
    char *dir = path_joined(depot_folder(server->depot), ".chunks");
    enum status status = dir ? chunk_store_open(&server->chunks, dir, server->settings.max_pending) : ST_MEMORY;
    free(dir);
    return status;
}

static bool open_symbols(struct server *server)
{
    const struct settings *settings = &server->settings;
    buffer_init(&server->program, 65536);
    buffer_init(&server->symbolizer, 65536);
    enum status status = process_self_path(&server->program);
    if (settings->symbolizer)
        buffer_append_text(&server->symbolizer, settings->symbolizer);
    else
        dwarf_find_tool(&server->symbolizer);
    struct depot_options options = {
        .data_dir = settings->data,
        .db = server->store.db,
        .program_path = buffer_text(&server->program),
        .timeout_ms = (uint32_t)settings->symbols_timeout_ms,
        .max_bytes = settings->max_symbol_store,
        .cancel = &server->cancel,
    };
    if (!status)
        status = depot_open(&server->depot, &options, true);
    if (!status)
        status = spill_budget_create(&server->symbol_budget, depot_new_folder(server->depot), settings->max_pending);
    if (!status)
        status = upload_slots_create(&server->slots);
    if (!status)
        status = open_chunks(server);
    if (!status)
        status = list_folders(server);
    if (status)
        data_fail("the symbols in \"%s\" cannot be opened: %s", settings->data, status_text(status));
    server->symbols = (struct symbol_service){
        .depot = server->depot,
        .store = &server->store,
        .budget = server->symbol_budget,
        .slots = server->slots,
        .chunks = server->chunks,
        .max_bytes = settings->max_symbols,
        .min_free_bytes = settings->min_free,
        .on_waiting = on_report,
        .on_waiting_context = server,
        .cancel = &server->cancel,
    };
    return !status;
}

static bool start_tables(struct server *server)
{
    struct tables_options options = {
        .depot = server->depot,
        .folders = server->symbol_folders,
        .folder_count = 1 + server->settings.symbols.count,
        .max_bytes = server->settings.symbols_cache_size,
        .cancel = &server->cancel,
    };
    enum status status = tables_start(&server->tables, &options);
    if (status)
        data_fail("keeping compiled symbols could not be started: %s", status_text(status));
    return !status;
}

static bool start_jobs(struct server *server)
{
    struct jobs_options options = {
        .store = &server->store,
        .data_dir = server->settings.data,
        .depot = server->depot,
        .tables = server->tables,
        .process = {.program_path = buffer_text(&server->program),
                    .symbol_folders = server->symbol_folders,
                    .symbol_folder_count = 1 + server->settings.symbols.count,
                    .symbol_cache = depot_cache(server->depot),
                    .symbolizer = server->symbolizer.len ? buffer_text(&server->symbolizer) : NULL},
        .threads = (unsigned)server->settings.workers,
        .timeout_ms = (uint32_t)server->settings.process_timeout_ms,
    };
    enum status status = jobs_start(&server->jobs, &options);
    if (status)
        data_fail("processing could not be started: %s", status_text(status));
    return !status;
}

static bool start_fetch(struct server *server)
{
    const struct settings *settings = &server->settings;
    const char *url = "";
    struct fetch_options options = {
        .depot = server->depot,
        .db = server->store.db,
        .urls = settings->symbol_servers.items,
        .url_count = settings->symbol_servers.count,
        .hosts = settings->symbol_hosts.items,
        .host_count = settings->symbol_hosts.count,
        .max_bytes = settings->max_symbols,
        .timeout_ms = (uint32_t)settings->symbols_timeout_ms,
        .cancel = &server->cancel,
        .on_waiting = on_report,
        .on_waiting_context = server,
    };
    enum status status = options.url_count ? fetch_start(&server->fetch, &options, &url) : ST_OK;
    if (status == ST_ARGUMENT)
        data_fail("symbols are fetched over https, or http from this machine, not from \"%s\"", url);
    else if (status)
        data_fail("fetching symbols could not be started: %s", status_text(status));
    return !status;
}

static bool start_listener(struct server *server)
{
    const struct settings *settings = &server->settings;
    const char *message = "";
    struct listener_options options = {
        .address = settings->listen,
        .threads = (unsigned)settings->threads,
        .max_connections = (unsigned)settings->max_connections,
        .idle_timeout_s = (unsigned)(settings->idle_timeout_ms / 1000),
        .body_timeout_ms = settings->upload_timeout_ms,
        .max_body_bytes = settings->max_upload,
        .services = {{&ingest_service, &server->ingest, 0},
                     {&symbol_put_service, &server->symbols, settings->max_symbols},
                     {&symbol_form_service, &server->symbols, settings->max_symbols + SYMBOL_FORM_OVERHEAD_BYTES},
                     {&symbol_breakpad_service, &server->symbols, settings->max_symbols},
                     {&symbol_sentry_service, &server->symbols, SYMBOL_SENTRY_MAX_BYTES},
                     {&symbol_read_service, &server->symbols, 0},
                     {&api_service, &server->api, 0},
                     {&asset_service, NULL, 0}},
        .service_count = 8,
    };
    if (listener_start(&server->listener, &options, &message) == ST_OK)
        return true;
    data_fail("cannot listen on \"%s\": %s", settings->listen, message);
    return false;
}

static bool open_parts(struct server *server)
{
    const struct settings *settings = &server->settings;
    if (!data_open(&server->store, settings->data, true))
        return false;
    enum status status = first_run(&server->store, settings->data, settings->print_credentials);
    if (!status)
        status = spill_budget_create(&server->budget, server->store.tmp_dir, settings->max_pending);
    if (!status)
        status = throttle_create(&server->throttle);
    if (status)
        data_fail("the data folder \"%s\" cannot be prepared: %s", settings->data, status_text(status));
    server->ingest = (struct ingest){
        .store = &server->store,
        .limits = {server->budget, settings->max_unpacked},
        .min_free_bytes = settings->min_free,
        .on_report = on_report,
        .on_report_context = server,
    };
    server->api = (struct api){.store = &server->store, .throttle = server->throttle, .secure_cookie = settings->secure_cookies};
    return !status;
}

static void stop(struct server *server)
{
    listener_stop(server->listener, STOP_GRACE_MS);
    fetch_stop(server->fetch);
    jobs_stop(server->jobs);
    tables_stop(server->tables);
    free(server->symbol_folders);
    chunk_store_close(server->chunks);
    upload_slots_free(server->slots);
    spill_budget_free(server->symbol_budget);
    depot_close(server->depot);
    buffer_done(&server->symbolizer);
    buffer_done(&server->program);
    throttle_free(server->throttle);
    spill_budget_free(server->budget);
    store_close(&server->store);
}

static void block_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret, NULL); /* in all threads to come: sigwait below takes them */
    signal(SIGPIPE, SIG_IGN);
}

static int serve(struct server *server)
{
    sigset_t signals;
    int caught = 0;
    block_signals(&signals);
    raise_file_limit();
    bool started = open_parts(server) && open_symbols(server) && start_tables(server) && start_jobs(server) && start_fetch(server) &&
                   start_listener(server);
    if (started) {
        printf("salvor-server listening http://%s\n", listener_address(server->listener));
        fflush(stdout);
        log_info("server-started", "address=%s data=\"%s\"", listener_address(server->listener), server->settings.data);
        sigwait(&signals, &caught);
        log_info("server-stopping", "signal=%d", caught);
    }
    stop(server);
    return started ? 0 : 1;
}

static int show_help(const struct option *table)
{
    struct buffer text;
    buffer_init(&text, 65536);
    if (option_help(&text, table, OPTION_COUNT) == ST_OK)
        printf("usage: salvor-server serve [options]\n\n%s", buffer_text(&text));
    buffer_done(&text);
    return 0;
}

int command_serve(int argc, char **argv)
{
    struct server server = {.settings = DEFAULTS, .store = STORE_CLOSED};
    struct option table[OPTION_COUNT];
    struct option_set *set = NULL;
    struct option_list rest = {NULL, 0};
    const char *message = "out of memory";
    int code = 2;
    fill_table(&server.settings, table);
    if (option_set_create(&set, table, OPTION_COUNT) || option_parse_arguments(set, argc, argv, &rest, &message))
        data_fail("%s", message);
    else if (rest.count)
        data_fail("serve takes no argument like \"%s\"; serve --help lists the options", rest.items[0]);
    else if (server.settings.help)
        code = show_help(table);
    else if (server.settings.log_file && log_set_file(server.settings.log_file))
        code = data_fail("the log file \"%s\" cannot be opened", server.settings.log_file);
    else
        code = serve(&server);
    option_set_free(set);
    return code;
}
