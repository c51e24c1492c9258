/* client.c - starts the processing child, asks it under a deadline, and says in words what became of it. */
#include "process/client.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/text.h"
#include "process/pipe_wait.h"
#include "process/worker.h"
#include <stdlib.h>
#include <string.h>

#define SIGNAL_BASE     128u
#define SIGNAL_CPU_TIME 24u /* SIGXCPU */
#define MAX_ANSWER_LINE 64u
#define READ_BYTES      65536u
#define END_TIMEOUT_MS  2000u /* for a child that was told to end */

struct process_client {
    char *program;
    struct process *child; /* NULL while there is none */
};

/* One request on its way. */
struct request {
    struct process_client *client;
    uint64_t deadline_ms;
    struct buffer received; /* what was read behind the last piece taken */
};

enum status process_client_create(struct process_client **ret, const char *program_path)
{
    struct process_client *client = calloc(1, sizeof(*client));
    size_t size = strlen(program_path) + 1;

    if (client)
        client->program = malloc(size);
    if (!client || !client->program) {
        free(client);
        return ST_MEMORY;
    }
    memcpy(client->program, program_path, size);
    *ret = client;
    return ST_OK;
}

/* Ends the child and returns how it ended. */
static uint32_t child_end(struct process_client *client, bool kill)
{
    uint32_t code = 0;

    if (!client->child)
        return 0;
    file_close(process_stdin(client->child));
    if (kill)
        process_kill(client->child);
    if (process_wait(client->child, END_TIMEOUT_MS, &code) == ST_TIMEOUT) {
        process_kill(client->child);
        process_wait(client->child, END_TIMEOUT_MS, &code);
    }
    process_free(client->child);
    client->child = NULL;
    return code;
}

void process_client_free(struct process_client *client)
{
    if (!client)
        return;
    child_end(client, false);
    free(client->program);
    free(client);
}

static enum status child_start(struct process_client *client)
{
    const char *const argv[] = {client->program, PROCESS_WORKER_COMMAND, NULL};
    const struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    uint32_t code;

    if (client->child && process_wait(client->child, 0, &code) == ST_TIMEOUT)
        return ST_OK;
    child_end(client, true); /* it ended while it was idle */
    return process_start(&client->child, &options);
}

static enum status path_send(struct process_client *client, const char *path)
{
    struct buffer line;
    enum status status;

    buffer_init(&line, WORKER_MAX_PATH_BYTES);
    status = buffer_printf(&line, "%s\n", path);
    if (status == ST_OK)
        status = file_write(process_stdin(client->child), line.data, line.len);
    buffer_done(&line);
    return status;
}

/* Reads what is there, waiting for it until the deadline. Errors: ST_TIMEOUT, ST_CLOSED. */
static enum status receive(struct request *request)
{
    struct file *out = process_stdout(request->client->child);
    uint64_t now = clock_steady_ms();
    size_t got = 0;
    enum status status = now < request->deadline_ms ? pipe_wait_readable(out, request->deadline_ms - now) : ST_TIMEOUT;

    if (status == ST_OK)
        status = buffer_reserve(&request->received, READ_BYTES);
    if (status == ST_OK)
        status = file_read(out, request->received.data + request->received.len, READ_BYTES, &got);
    if (status == ST_OK && !got)
        status = ST_CLOSED;
    request->received.len += got;
    return status;
}

/* "<status> <bytes>" */
static bool answer_parse(char *line, enum status *ret_status, uint64_t *ret_bytes)
{
    char *space = strchr(line, ' ');

    if (!space || !text_parse_u64(space + 1, ret_bytes))
        return false;
    *space = 0;
    for (unsigned i = 0; i < ST_COUNT; i++)
        if (strcmp(status_name((enum status)i), line) == 0) {
            *ret_status = (enum status)i;
            return true;
        }
    return false;
}

/* Receives the answer's line; what was read behind it stays in received. ST_FORMAT when it is no such line. */
static enum status answer_line(struct request *request, enum status *ret_status, uint64_t *ret_bytes)
{
    struct buffer *received = &request->received;
    uint8_t *end = NULL;
    size_t size;

    while (!end) {
        enum status status = received->len > MAX_ANSWER_LINE ? ST_FORMAT : receive(request);

        if (status != ST_OK)
            return status;
        end = memchr(received->data, '\n', received->len);
    }
    *end = 0;
    if (!answer_parse((char *)received->data, ret_status, ret_bytes))
        return ST_FORMAT;
    size = (size_t)(end + 1 - received->data);
    received->len -= size;
    memmove(received->data, end + 1, received->len);
    return ST_OK;
}

static enum status answer_receive(struct request *request, enum status *ret_status)
{
    uint64_t bytes = 0;
    enum status status = answer_line(request, ret_status, &bytes);

    if (status == ST_OK && bytes > (*ret_status == ST_OK ? PROCESS_MAX_JSON_BYTES : WORKER_MAX_ERROR_BYTES))
        status = ST_FORMAT;
    while (status == ST_OK && request->received.len < bytes)
        status = receive(request);
    return status == ST_OK && request->received.len != bytes ? ST_FORMAT : status;
}

/* The child gave no answer: ends it and says so. */
static enum status failure_explain(struct process_client *client, enum status status, uint32_t timeout_ms, struct buffer *out_error)
{
    uint32_t code = child_end(client, status != ST_CLOSED);

    if (status == ST_TIMEOUT) {
        buffer_printf(out_error, "processing this dump took longer than %u ms and was given up", (unsigned)timeout_ms);
        return ST_TIMEOUT;
    }
    if (status == ST_FORMAT)
        buffer_printf(out_error, "the processing child gave an answer that is not understood on this dump");
    else if (status != ST_CLOSED)
        buffer_printf(out_error, "the processing child could not be read: %s", status_text(status));
    else if (code == SIGNAL_BASE + SIGNAL_CPU_TIME)
        buffer_printf(out_error, "the processing child used up its %u s of processor time on this dump", WORKER_CPU_SECONDS);
    else if (code > SIGNAL_BASE)
        buffer_printf(out_error, "the processing child died of signal %u on this dump", (unsigned)(code - SIGNAL_BASE));
    else
        buffer_printf(out_error, "the processing child ended with code %u on this dump", (unsigned)code);
    return ST_CLOSED;
}

/* What is wrong with the dump itself will not get better. */
static bool is_about_dump(enum status answered)
{
    return answered == ST_TRUNCATED || answered == ST_VERSION || answered == ST_UNSUPPORTED;
}

/* Hands the answer over: the report, or the sentence cleaned, since a hostile dump may have written it. */
static enum status answer_deliver(const struct request *request, enum status answered, struct buffer *out_json, struct buffer *out_error)
{
    enum status status;

    if (answered != ST_OK) {
        text_clean(out_error, request->received.data, request->received.len);
        return is_about_dump(answered) ? ST_FORMAT : answered;
    }
    status = buffer_append(out_json, request->received.data, request->received.len);
    if (status != ST_OK)
        buffer_printf(out_error, "the report of %zu bytes could not be kept: %s", request->received.len, status_text(status));
    return status;
}

enum status process_client_run(struct process_client *client, const char *dump_path, uint32_t timeout_ms, struct buffer *out_json,
                               struct buffer *out_error)
{
    struct request request = {.client = client, .deadline_ms = clock_steady_ms() + timeout_ms};
    enum status status, answered = ST_SYSTEM;

    if (!*dump_path || strlen(dump_path) + 2 > WORKER_MAX_PATH_BYTES || strpbrk(dump_path, "\r\n")) {
        buffer_printf(out_error, "the dump's path is empty, too long, or has a line break");
        return ST_ARGUMENT;
    }
    status = child_start(client);
    if (status != ST_OK) {
        buffer_printf(out_error, "the processing child %s could not be started: %s", client->program, status_text(status));
        return status;
    }
    buffer_init(&request.received, PROCESS_MAX_JSON_BYTES + MAX_ANSWER_LINE + READ_BYTES);
    status = path_send(client, dump_path);
    if (status == ST_OK)
        status = answer_receive(&request, &answered);
    if (status == ST_OK)
        status = answer_deliver(&request, answered, out_json, out_error);
    else
        status = failure_explain(client, status, timeout_ms, out_error);
    buffer_done(&request.received);
    return status;
}
