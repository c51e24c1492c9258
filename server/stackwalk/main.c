/* main.c - salvor-stackwalk FILE.dmp [--symbols DIR]... [--symbols-cache DIR] [--json]: the processing pipeline as a command. */
#include "base/file.h"
#include "base/option.h"
#include "base/process.h"
#include "process/dwarf.h"
#include "process/keeper.h"
#include "process/mapping.h"
#include "process/process.h"
#include "stackwalk/print.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_PROCESSED = 0, EXIT_UNREADABLE = 1, EXIT_USAGE = 2 };

#define DEFAULT_CACHE_BYTES   ((uint64_t)4 << 30)
#define MAX_EXPLANATION_BYTES (1u << 20)
#define MAX_PATH_BYTES        8192u
#define MAX_JSON_BYTES        ((size_t)256 << 20)

struct settings {
    bool json, explain, help;
    struct option_list symbols;
    const char *cache;
    uint64_t cache_bytes;
    const char *rules_file, *symbolizer;
    struct dwarf *dwarf;
    struct signature_rules *rules;
};

static int usage(FILE *out, const struct option *options, size_t count, int code)
{
    struct buffer text;

    buffer_init(&text, 65536);
    option_help(&text, options, count);
    fprintf(out,
            "usage: salvor-stackwalk FILE.dmp [--symbols DIR]... [--symbols-cache DIR] [--json]\n\n"
            "Shows what a minidump says: the crash in words, every thread's stack with functions and source lines as far as symbols tell\n"
            "them, registers, modules, and the symbols that are missing.\n\n%s\n"
            "Exit code: 0 processed, 1 the file is no readable minidump, 2 wrong usage.\n",
            buffer_text(&text));
    buffer_done(&text);
    return code;
}

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "salvor-stackwalk: %s: %s\n", path, why);
    return EXIT_UNREADABLE;
}

static int show_json(const char *path, struct span file, const struct analysis_options *options)
{
    struct buffer json;
    const char *why = NULL;
    int code = EXIT_PROCESSED;

    buffer_init(&json, MAX_JSON_BYTES);
    if (process_report(file, options, &json, &why) != ST_OK)
        code = fail(path, why);
    else if (fwrite(json.data, 1, json.len, stdout) != json.len || putchar('\n') == EOF || fflush(stdout) != 0)
        code = fail(path, "the report could not be written to standard output");
    buffer_done(&json);
    return code;
}

static int show_text(const char *path, struct span file, const struct analysis_options *options)
{
    struct analysis *analysis = NULL;
    const char *why = NULL;

    if (analysis_create(&analysis, file, options, &why) != ST_OK)
        return fail(path, why);
    print_analysis(stdout, analysis, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    analysis_free(analysis);
    return fflush(stdout) == 0 ? EXIT_PROCESSED : fail(path, "the report could not be written to standard output");
}

/* Compiling symbols may take long: somebody who looks on is told. */
static void tell_compiling(void *context, const char *file)
{
    struct file_info info;
    (void)context;

    if (isatty(STDERR_FILENO) && file_stat(file, &info) == ST_OK)
        fprintf(stderr, "salvor-stackwalk: reading symbols: %s (%.1f MB)\n", path_base(file), (double)info.size_bytes / 1e6);
}

/* The folder grows with each new module; what was not used for longest goes. */
static void trim_cache(const struct settings *settings)
{
    if (settings->cache && symbol_store_trim(settings->cache, settings->cache_bytes) != ST_OK)
        fprintf(stderr, "salvor-stackwalk: %s: the cache could not be kept within its size\n", settings->cache);
}

static int show_explanation(const char *path, struct span file, const struct analysis_options *options)
{
    struct analysis_options explaining = *options;
    struct analysis *analysis = NULL;
    struct buffer text;
    const char *why = NULL;
    int code = EXIT_PROCESSED;

    buffer_init(&text, MAX_EXPLANATION_BYTES);
    explaining.explain = &text;
    if (analysis_create(&analysis, file, &explaining, &why) != ST_OK)
        code = fail(path, why);
    else if (fputs(buffer_text(&text), stdout) == EOF || fflush(stdout) != 0)
        code = fail(path, "the explanation could not be written to standard output");
    analysis_free(analysis);
    buffer_done(&text);
    return code;
}

/* Rules that cannot be read are a slip of usage: a signature by other rules than asked for would mislead. */
static bool read_rules(struct settings *settings)
{
    char message[RULES_MESSAGE_BYTES] = "";
    struct buffer text;
    enum status status = ST_OK;

    buffer_init(&text, RULES_MAX_FILE_BYTES);
    if (settings->rules_file)
        status = file_read_whole(settings->rules_file, RULES_MAX_FILE_BYTES, &text);
    if (status == ST_OK)
        status = signature_rules_create(&settings->rules, settings->rules_file ? buffer_text(&text) : NULL, text.len, message);
    if (status != ST_OK)
        fprintf(stderr, "salvor-stackwalk: %s: %s\n", settings->rules_file ? settings->rules_file : "rules",
                *message ? message : status_text(status));
    buffer_done(&text);
    return status == ST_OK;
}

/* Without the tool, or this program's own path, DWARF is not read; everything else is. */
static void prepare_symbolizer(struct settings *settings)
{
    struct buffer self;

    if (settings->symbolizer && !*settings->symbolizer)
        return;
    buffer_init(&self, MAX_PATH_BYTES);
    if (process_self_path(&self) != ST_OK || dwarf_create(&settings->dwarf, buffer_text(&self), settings->symbolizer) != ST_OK)
        settings->dwarf = NULL;
    buffer_done(&self);
}

static int show(const char *path, const struct settings *settings)
{
    const struct analysis_options options = {
        .symbol_folders = (const char *const *)settings->symbols.items,
        .symbol_folder_count = settings->symbols.count,
        .symbol_cache = settings->cache,
        .on_compile = tell_compiling,
        .rules = settings->rules,
        .dwarf = settings->dwarf,
    };
    struct span file;
    enum status status = mapping_open(&file, path);
    int code;

    if (status != ST_OK)
        return fail(path, status == ST_ARGUMENT ? "not a regular file" : status_text(status));
    code = settings->explain ? show_explanation(path, file, &options)
           : settings->json  ? show_json(path, file, &options)
                             : show_text(path, file, &options);
    mapping_close(&file);
    trim_cache(settings);
    return code;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], DWARF_KEEPER_COMMAND) == 0)
        return process_keeper_main(argc - 1, argv + 1);
    struct settings settings = {.cache_bytes = DEFAULT_CACHE_BYTES};
    const struct option options[] = {
        {"json", OPTION_FLAG, &settings.json, 0, 0, NULL, "write the whole report as JSON (rust-minidump's layout and our block)"},
        {"symbols", OPTION_LIST, &settings.symbols, 0, 0, "DIR",
         "a folder with PDB, Breakpad or image files: a symbol store or a build's output; may be given again"},
        {"symbols-cache", OPTION_TEXT, &settings.cache, 0, 0, "DIR", "keep what was read of symbol files here, for the next dump"},
        {"symbols-cache-size", OPTION_SIZE, &settings.cache_bytes, 0, 0, "SIZE",
         "most that is kept there: what was not used for longest goes"},
        {"symbolizer", OPTION_TEXT, &settings.symbolizer, 0, 0, "PROGRAM", "llvm-symbolizer for images with DWARF; \"\" = none"},
        {"explain", OPTION_FLAG, &settings.explain, 0, 0, NULL, "show how the signature came about, step by step, and nothing else"},
        {"signature-rules", OPTION_TEXT, &settings.rules_file, 0, 0, "FILE",
         "rules besides the built-in ones; docs/protocol.md tells their form"},
        {"help", OPTION_FLAG, &settings.help, 0, 0, NULL, "show this text"},
    };
    size_t count = sizeof(options) / sizeof(options[0]);
    struct option_set *set = NULL;
    struct option_list rest;
    const char *message = "out of memory";
    int code = EXIT_USAGE;

    if (process_arguments(&argc, &argv) != ST_OK || option_set_create(&set, options, count) != ST_OK ||
        option_parse_arguments(set, argc, argv, &rest, &message) != ST_OK) {
        fprintf(stderr, "salvor-stackwalk: %s\n", message);
        goto out;
    }
    if (settings.help)
        code = usage(stdout, options, count, EXIT_PROCESSED);
    else if (rest.count != 1)
        code = usage(stderr, options, count, EXIT_USAGE);
    else if (read_rules(&settings)) {
        prepare_symbolizer(&settings);
        code = show(rest.items[0], &settings);
    }
out:
    dwarf_free(settings.dwarf);
    signature_rules_free(settings.rules);
    option_set_free(set);
    return code;
}
