/* worker.c - the child's loop: a path in, a report out, one at a time. */
#include "process/worker.h"
#include "base/buffer.h"
#include "base/log.h"
#include "process/client.h"
#include "process/mapping.h"
#include "process/process.h"
#include "process/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both end the child: the server hears it from the closed pipe. */
#define EXIT_NO_SANDBOX 3
#define EXIT_NO_ANSWER  4

static enum status dump_process(const char *path, struct buffer *json, struct buffer *error)
{
    struct span file;
    const char *why = NULL;
    enum status status = mapping_open(&file, path);

    if (status != ST_OK) {
        buffer_printf(error, "the dump could not be opened: %s", status_text(status));
        return status;
    }
    status = process_report(file, NULL, json, &why);
    if (status != ST_OK)
        buffer_printf(error, "%s", why);
    mapping_close(&file);
    return status;
}

static bool answer(enum status status, const struct buffer *text)
{
    return printf("%s %zu\n", status_name(status), text->len) > 0 && fwrite(text->data, 1, text->len, stdout) == text->len &&
           fflush(stdout) == 0;
}

/* Reads one path; false at the end of stdin. A line that is too long is read to its end and becomes empty. */
static bool path_read(char path[WORKER_MAX_PATH_BYTES])
{
    size_t size;
    int c;

    if (!fgets(path, (int)WORKER_MAX_PATH_BYTES, stdin))
        return false;
    size = strlen(path);
    if (size && path[size - 1] == '\n') {
        path[size - 1] = 0;
        return true;
    }
    do
        c = getchar();
    while (c != '\n' && c != EOF);
    path[0] = 0;
    return true;
}

static bool serve(const char *path)
{
    struct buffer json, error;
    enum status status;
    bool answered;

    buffer_init(&json, PROCESS_MAX_JSON_BYTES);
    buffer_init(&error, WORKER_MAX_ERROR_BYTES);
    sandbox_grant_cpu(WORKER_CPU_SECONDS);
    status = dump_process(path, &json, &error);
    answered = answer(status, status == ST_OK ? &json : &error);
    buffer_done(&json);
    buffer_done(&error);
    return answered;
}

int process_worker_main(void)
{
    static char path[WORKER_MAX_PATH_BYTES];
    const char *what;
    enum status status = sandbox_enter(&what);

    if (status != ST_OK) {
        log_error("worker-unsafe", "what=\"%s\" error=\"%s\"", what, status_text(status));
        return EXIT_NO_SANDBOX;
    }
    while (path_read(path))
        if (!serve(path))
            _Exit(EXIT_NO_ANSWER);
    _Exit(0); /* exit handlers of libraries may want what the sandbox denies */
}
