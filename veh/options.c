/* options.c - salvor_options: defaults, sizes of older and newer callers, and what install keeps of them. */
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "private.h"
#include <stdlib.h>
#include <string.h>

#define OPTION_FLAGS                                                                                                                       \
    (SALVOR_VEH_EAGER | SALVOR_VEH_OFF_STACK | SALVOR_KEEP_ERROR_MODE | SALVOR_ALLOW_SANDBOXED | SALVOR_CATCH_BREAKPOINT |                 \
     SALVOR_SESSIONS | SALVOR_PARENT_OF_CHILDREN)
#define OPTION_HANDLERS                                                                                                                    \
    (SALVOR_HANDLE_VEH | SALVOR_HANDLE_FILTER | SALVOR_HANDLE_ABORT | SALVOR_HANDLE_INVALID_PARAMETER | SALVOR_HANDLE_PURECALL |           \
     SALVOR_HANDLE_WER)
#define OPTION_MAX_TIMEOUT_MS (10u * 60u * 1000u)

void SALVOR_CALL salvor_options_init_size(salvor_options *options, size_t size)
{
    salvor_options defaults;
    if (!options || size < sizeof options->size)
        return;
    memset(&defaults, 0, sizeof defaults);
    defaults.start_timeout_ms = 3000;
    defaults.crash_timeout_ms = 30000;
    defaults.stack_guarantee_bytes = 65536;
    defaults.dump_kind = SALVOR_DUMP_SMART;
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
    options->size = (uint32_t)size;
}

/* Whether the bytes behind what we know are all zero: a newer caller that asks for nothing new. */
static bool rest_is_zero(const salvor_options *options)
{
    const uint8_t *bytes = (const uint8_t *)options;
    size_t i;
    for (i = sizeof *options; i < options->size; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool is_understood(const salvor_options *options)
{
    size_t i;
    if (options->size != sizeof *options && (options->size < sizeof *options || options->size > 65536 || !rest_is_zero(options)))
        return false;
    for (i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i])
            return false;
    return !(options->flags & ~OPTION_FLAGS) && !(options->handlers & ~OPTION_HANDLERS) && options->after_dump <= SALVOR_AFTER_PASS &&
           options->dump_kind <= SALVOR_DUMP_FULL && !options->reserved0 && options->start_timeout_ms <= OPTION_MAX_TIMEOUT_MS &&
           options->crash_timeout_ms <= OPTION_MAX_TIMEOUT_MS;
}

/* A heap copy; NULL stays NULL, "" counts as NULL. False without memory. */
static bool keep(char **ret, const char *text)
{
    size_t size;
    *ret = NULL;
    if (!text || !*text)
        return true;
    size = strlen(text) + 1;
    *ret = malloc(size);
    if (*ret)
        memcpy(*ret, text, size);
    return *ret != NULL;
}

/* The executable's base name without folder, such as "app.exe". */
static bool keep_own_name(char **ret)
{
    struct buffer path;
    bool kept;
    buffer_init(&path, 256 * 1024);
    kept = process_self_path(&path) == ST_OK && keep(ret, path_base(buffer_text(&path)));
    buffer_done(&path);
    return kept;
}

/* %LOCALAPPDATA%\Salvor\<app>: where a child monitor and the last resort leave reports when the program names no folder. */
static bool keep_default_spool(char **ret, const char *app)
{
    struct buffer path;
    wchar_t wide[32768];
    DWORD len = GetEnvironmentVariableW(L"LOCALAPPDATA", wide, 32768);
    bool kept = true;

    *ret = NULL;
    if (!len || len >= 32768)
        return true; /* a service without a profile: none, and health says so */
    buffer_init(&path, 256 * 1024);
    if (text_from_utf16le(&path, (const uint8_t *)wide, len * sizeof *wide, true) == ST_OK &&
        buffer_append_text(&path, "\\Salvor\\") == ST_OK && buffer_append_text(&path, app) == ST_OK)
        kept = keep(ret, buffer_text(&path));
    buffer_done(&path);
    return kept;
}

static bool fits(const char *text, size_t size)
{
    return !text || strlen(text) < size;
}

salvor_status settings_read(struct settings *ret, const salvor_options *options)
{
    bool kept;

    memset(ret, 0, sizeof *ret);
    if (!options || !is_understood(options) || !fits(options->app, BLOCK_MAX_NAME) || !fits(options->version, BLOCK_MAX_NAME) ||
        !fits(options->environment, BLOCK_MAX_NAME) || !fits(options->channel, BLOCK_MAX_NAME) || !fits(options->key, BLOCK_MAX_NAME) ||
        !fits(options->url, BLOCK_MAX_URL) || !fits(options->spool_dir, BLOCK_MAX_PATH))
        return SALVOR_E_ARGUMENT;
    ret->flags = options->flags;
    ret->handlers = options->handlers ? options->handlers : OPTION_HANDLERS;
    ret->after_dump = options->after_dump;
    ret->dump_kind = options->dump_kind ? options->dump_kind : SALVOR_DUMP_SMART;
    ret->start_timeout_ms = options->start_timeout_ms ? options->start_timeout_ms : 3000;
    ret->crash_timeout_ms = options->crash_timeout_ms ? options->crash_timeout_ms : 30000;
    ret->hang_timeout_ms = options->hang_timeout_ms;
    ret->stack_guarantee_bytes = options->stack_guarantee_bytes;
    ret->max_dump_bytes = options->max_dump_bytes;
    ret->filter = options->filter;
    ret->filter_context = options->filter_context;
    kept = keep(&ret->app, options->app) && keep(&ret->version, options->version) && keep(&ret->environment, options->environment) &&
           keep(&ret->channel, options->channel) && keep(&ret->pipe, options->pipe) && keep(&ret->monitor_path, options->monitor_path) &&
           keep(&ret->spool_dir, options->spool_dir) && keep(&ret->wer_module, options->wer_module) && keep(&ret->url, options->url) &&
           keep(&ret->key, options->key);
    kept = kept && keep_own_name(&ret->program);
    if (kept && !ret->app)
        kept = keep(&ret->app, ret->program);
    if (kept && !ret->spool_dir)
        kept = keep_default_spool(&ret->spool_dir, ret->app);
    if (kept)
        return SALVOR_OK;
    settings_done(ret);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return SALVOR_E_SYSTEM;
}

void settings_done(struct settings *from)
{
    char **texts[] = {&from->program,      &from->app,       &from->version,    &from->environment, &from->channel, &from->pipe,
                      &from->monitor_path, &from->spool_dir, &from->wer_module, &from->url,         &from->key};
    size_t i;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
}
