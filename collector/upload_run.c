/* upload_run.c - see upload_run.h. */
#include "upload_run.h"
#include "base/process.h"
#include "base/thread.h"
#include "proto/name.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES    1024
#define OUTPUT_BYTES 2048
#define NUMBER_BYTES 24

struct upload_run {
    struct upload_options options;
    struct mutex *mutex; /* of the next two */
    struct process *uploader;
    bool is_cancelled;
    char key_variable[KEY_BYTES];
};

enum status upload_run_create(struct upload_run **ret, const struct upload_options *options)
{
    struct upload_run *run = calloc(1, sizeof *run);
    enum status st;

    if (!run)
        return ST_MEMORY;
    run->options = *options;
    int len = snprintf(run->key_variable, KEY_BYTES, "%s=%s", NAME_ENV_KEY, options->key ? options->key : "");
    st = len < KEY_BYTES ? mutex_create(&run->mutex) : ST_TOO_LARGE;
    if (st) {
        upload_run_free(run);
        return st;
    }
    *ret = run;
    return ST_OK;
}

void upload_run_free(struct upload_run *run)
{
    if (!run)
        return;
    mutex_free(run->mutex);
    free(run);
}

static void set_uploader(struct upload_run *run, struct process *uploader)
{
    mutex_lock(run->mutex);
    run->uploader = uploader;
    if (uploader && run->is_cancelled)
        process_kill(uploader);
    mutex_unlock(run->mutex);
}

void upload_run_cancel(struct upload_run *run)
{
    mutex_lock(run->mutex);
    run->is_cancelled = true;
    if (run->uploader)
        process_kill(run->uploader);
    mutex_unlock(run->mutex);
}

/* Reads all that the uploader prints, which is a line or two of `key=value`; keeps its beginning. */
static void read_output(struct process *uploader, char ret[OUTPUT_BYTES])
{
    char rest[OUTPUT_BYTES];
    size_t len = 0, got = 0;

    while (len + 1 < OUTPUT_BYTES && file_read(process_stdout(uploader), ret + len, OUTPUT_BYTES - 1 - len, &got) == ST_OK && got)
        len += got;
    ret[len] = '\0';
    while (got && file_read(process_stdout(uploader), rest, sizeof rest, &got) == ST_OK)
        continue;
}

static uint64_t number_after(const char *output, const char *key)
{
    const char *found = strstr(output, key);

    return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static void parse_output(const char *output, struct upload_result *ret)
{
    static const char key[] = "reason=\"";
    uint64_t seconds = number_after(output, "retry_after_s=");
    const char *reason = strstr(output, key);

    ret->asked_ms = seconds < UINT32_MAX ? seconds * 1000 : UINT32_MAX;
    ret->is_misconfigured = number_after(output, " misconfigured=") != 0;
    if (reason)
        snprintf(ret->reason, sizeof ret->reason, "%.*s", (int)strcspn(reason + sizeof key - 1, "\"\r\n"), reason + sizeof key - 1);
}

enum status upload_run_once(struct upload_run *run, struct upload_result *ret)
{
    const struct upload_options *options = &run->options;
    char log_bytes[NUMBER_BYTES];
    const char *const argv[] = {options->program, "--queue",    options->queue, "--url", options->url, options->log ? "--log" : NULL,
                                options->log,     "--log-size", log_bytes,      NULL};
    const char *const environment[] = {run->key_variable, NULL};
    struct process_options process_options = {.argv = argv, .environment = options->key ? environment : NULL, .pipe_stdout = true};
    struct process *uploader = NULL;
    char output[OUTPUT_BYTES];
    enum status st;

    snprintf(log_bytes, sizeof log_bytes, "%" PRIu64, options->log_bytes);
    *ret = (struct upload_result){.exit_code = 0};
    if (options->limit)
        options->limit(&process_options);
    st = process_start(&uploader, &process_options);
    if (st)
        return st;
    set_uploader(run, uploader);
    read_output(uploader, output);
    st = process_wait(uploader, UINT32_MAX, &ret->exit_code);
    set_uploader(run, NULL);
    process_free(uploader);
    parse_output(output, ret);
    return st;
}
