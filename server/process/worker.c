/* worker.c - the child's loop: a request in, an answer out, one at a time. */
#include "process/worker.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/log.h"
#include "base/option.h"
#include "base/process.h"
#include "process/analysis.h"
#include "process/client.h"
#include "process/mapping.h"
#include "process/process.h"
#include "process/sandbox.h"
#include "symbols/identify.h"
#include "symbols/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both end the child: the server hears it from the closed pipe. */
#define EXIT_NO_SANDBOX 3
#define EXIT_NO_ANSWER  4

struct settings {
    struct option_list symbols;
    const char *cache;
    bool is_large;
    struct signature_rules *rules;
    struct signature_rules *own_rules; /* of the project whose dump came last */
    char own_path[WORKER_MAX_PATH_BYTES];
    int64_t own_time;
    uint64_t own_bytes;
    const char *symbolizer;
    struct dwarf *dwarf;
};

static struct settings settings;

/* A project's own rules, kept for the next dump of it; the built-in ones when they cannot be read, since a report without them is better
 * than none. */
static const struct signature_rules *rules_of(const char *path)
{
    char message[RULES_MESSAGE_BYTES] = "";
    struct signature_rules *rules = NULL;
    struct file_info info;
    struct buffer text;
    enum status status;

    if (!*path)
        return settings.rules;
    buffer_init(&text, RULES_MAX_FILE_BYTES);
    status = file_stat(path, &info);
    if (status == ST_OK && settings.own_rules && strcmp(settings.own_path, path) == 0 && settings.own_time == info.modified_unix_ms &&
        settings.own_bytes == info.size_bytes)
        return settings.own_rules;
    if (status == ST_OK)
        status = file_read_whole(path, RULES_MAX_FILE_BYTES, &text);
    if (status == ST_OK)
        status = signature_rules_create(&rules, buffer_text(&text), text.len, message);
    buffer_done(&text);
    if (status != ST_OK) {
        log_error("rules-not-read", "file=\"%s\" error=\"%s\"", path, *message ? message : status_text(status));
        return settings.rules;
    }
    signature_rules_free(settings.own_rules);
    settings.own_rules = rules;
    settings.own_time = info.modified_unix_ms;
    settings.own_bytes = info.size_bytes;
    snprintf(settings.own_path, sizeof(settings.own_path), "%s", path);
    return rules;
}

/* Cuts the path of rules off the rest of a request, "" when it has none. */
static char *rules_take(char **line)
{
    static char none[1];
    size_t size = strtoul(*line, line, 10);
    char *path = *line + 1;

    if (**line != ' ' || !size || size >= strlen(path) || path[size] != ' ') {
        *line += **line == ' ';
        return none;
    }
    path[size] = 0;
    *line = path + size + 1;
    return path;
}

static enum status dump_process(char *path, struct buffer *out, struct buffer *error)
{
    const struct signature_rules *rules = rules_of(rules_take(&path));
    const struct analysis_options options = {.symbol_folders = settings.symbols.items,
                                             .symbol_folder_count = settings.symbols.count,
                                             .symbol_cache = settings.cache,
                                             .rules = rules,
                                             .dwarf = settings.dwarf};
    struct span file;
    const char *why = NULL;
    enum status status = mapping_open(&file, path);

    if (status != ST_OK) {
        buffer_printf(error, "the dump could not be opened: %s", status_text(status));
        return status;
    }
    status = process_report(file, &options, out, &why);
    if (status != ST_OK)
        buffer_printf(error, "%s", why);
    mapping_close(&file);
    return status;
}

/* Cuts the next word off a line. */
static char *word(char **line)
{
    char *start = *line;

    *line += strcspn(start, " ");
    if (**line)
        *(*line)++ = 0;
    return start;
}

static enum status symbols_compile(char *line, struct buffer *out, struct buffer *error)
{
    const char *kind_name = word(&line), *id = word(&line), *why = "";
    enum locate_kind kind;
    enum status status = client_kind_read(kind_name, &kind) ? ST_OK : ST_ARGUMENT;

    if (status != ST_OK) {
        buffer_printf(error, "names no kind of symbol file");
        return status;
    }
    status = symbol_store_compile(line, kind, id, out, &why);
    if (status != ST_OK)
        buffer_printf(error, "%s", why);
    return status;
}

static enum status symbols_identify(char *path, struct buffer *out, struct buffer *error)
{
    struct symbol_identity identity;
    const char *why = "";
    enum status status = symbol_identify(path, &identity, &why);

    if (status == ST_OK)
        return buffer_printf(out, "%s\n%s\n%s\n%s\n", client_kind_name(identity.kind), identity.name, identity.id, identity.file);
    buffer_printf(error, "%s", status == ST_NOT_FOUND ? "is no PDB, image or Breakpad symbol file" : why);
    return status;
}

static const struct verb {
    const char *name;
    enum status (*run)(char *rest, struct buffer *out, struct buffer *error);
    uint32_t cpu_seconds;
    uint64_t max_bytes;
} verbs[] = {
    {"dump", dump_process, WORKER_CPU_SECONDS, PROCESS_MAX_JSON_BYTES},
    {"table", symbols_compile, WORKER_LONG_CPU_SECONDS, WORKER_MAX_TABLE_BYTES},
    {"identify", symbols_identify, WORKER_CPU_SECONDS, PROCESS_MAX_JSON_BYTES},
};

static bool answer(enum status status, const struct buffer *text)
{
    return printf("%s %zu\n", status_name(status), text->len) > 0 && fwrite(text->data, 1, text->len, stdout) == text->len &&
           fflush(stdout) == 0;
}

/* Reads one line; false at the end of stdin. A line that is too long is read to its end and becomes empty. */
static bool line_read(char line[WORKER_MAX_LINE_BYTES])
{
    size_t size;
    int c;

    if (!fgets(line, (int)WORKER_MAX_LINE_BYTES, stdin))
        return false;
    size = strlen(line);
    if (size && line[size - 1] == '\n') {
        line[size - 1] = 0;
        return true;
    }
    do
        c = getchar();
    while (c != '\n' && c != EOF);
    line[0] = 0;
    return true;
}

static bool serve(char *line)
{
    const char *name = word(&line);
    const struct verb *verb = NULL;
    struct buffer out, error;
    enum status status = ST_ARGUMENT;
    bool answered;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            verb = &verbs[i];
    buffer_init(&out, verb ? (size_t)verb->max_bytes : 0);
    buffer_init(&error, WORKER_MAX_ERROR_BYTES);
    if (verb) {
        sandbox_grant_cpu(verb->cpu_seconds);
        status = verb->run(line, &out, &error);
    }
    answered = answer(status, status == ST_OK ? &out : &error);
    buffer_done(&out);
    buffer_done(&error);
    return answered;
}

/* The server itself is the only caller: what cannot be read here is a slip of its own. */
static bool arguments_read(int argc, char **argv)
{
    static const struct option table[] = {
        {"symbols", OPTION_LIST, &settings.symbols, 0, 0, "DIR", "symbol folder"},
        {"symbols-cache", OPTION_TEXT, &settings.cache, 0, 0, "DIR", "compiled symbols"},
        {"symbolizer", OPTION_TEXT, &settings.symbolizer, 0, 0, "PROGRAM", "llvm-symbolizer"},
        {"large", OPTION_FLAG, &settings.is_large, 0, 0, NULL, "memory for symbol files"},
    };
    static struct option_set *set; /* lives as long as the process */
    struct option_list rest;
    const char *message = "out of memory";

    if (option_set_create(&set, table, sizeof(table) / sizeof(table[0])) == ST_OK &&
        option_parse_arguments(set, argc, argv, &rest, &message) == ST_OK && !rest.count)
        return true;
    log_error("worker-arguments", "error=\"%s\"", message);
    return false;
}

/* The symbolizer's keeper must run before this process gives up starting others. Without it images with DWARF have no names. */
static void keeper_start(void)
{
    struct buffer self;

    buffer_init(&self, WORKER_MAX_PATH_BYTES);
    if (settings.symbolizer &&
        (process_self_path(&self) != ST_OK || dwarf_create(&settings.dwarf, buffer_text(&self), settings.symbolizer) != ST_OK ||
         dwarf_start(settings.dwarf) != ST_OK))
        log_warn("symbolizer-not-started", "program=\"%s\"", settings.symbolizer);
    buffer_done(&self);
}

int process_worker_main(int argc, char **argv)
{
    static char line[WORKER_MAX_LINE_BYTES];
    char message[RULES_MESSAGE_BYTES];
    const char *what = "reading arguments";
    enum status status = arguments_read(argc, argv) ? ST_OK : ST_ARGUMENT;

    if (status == ST_OK)
        status = signature_rules_create(&settings.rules, NULL, 0, message);
    if (status == ST_OK)
        keeper_start();
    if (status == ST_OK)
        status = sandbox_enter(settings.is_large ? WORKER_LARGE_HEAP_BYTES : WORKER_MAX_HEAP_BYTES, &what);
    if (status != ST_OK) {
        log_error("worker-unsafe", "what=\"%s\" error=\"%s\"", what, status_text(status));
        return EXIT_NO_SANDBOX;
    }
    while (line_read(line))
        if (!serve(line))
            _Exit(EXIT_NO_ANSWER);
    _Exit(0); /* exit handlers of libraries may want what the sandbox denies */
}
