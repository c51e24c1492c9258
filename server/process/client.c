/* client.c - starts the processing child, asks it under a deadline, and says in words what became of it. */
#include "process/client.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/text.h"
#include "process/pipe_wait.h"
#include "process/worker.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNAL_BASE        128u
#define SIGNAL_CPU_TIME    24u /* SIGXCPU */
#define MAX_ANSWER_LINE    64u
#define READ_BYTES         65536u
#define MAX_IDENTITY_BYTES 2048u
#define END_TIMEOUT_MS     2000u /* for a child that was told to end */

#define CANCEL_POLL_MS  200u
#define FIXED_ARGUMENTS 8u

struct process_client {
    struct process_client_options options;
    const char **argv;
    struct process *child; /* NULL while there is none */
};

/* One request on its way. */
struct request {
    struct process_client *client;
    const char *noun;   /* what it is about: "dump" */
    uint64_t max_bytes; /* of a good answer */
    struct file *out;   /* where a good answer goes; NULL: it stays in received */
    uint32_t timeout_ms;
    uint64_t deadline_ms;
    struct buffer received; /* what was read behind the last piece taken */
    struct buffer *error;
};

static const char *const kind_names[] = {[LOCATE_SYM] = "sym", [LOCATE_PDB] = "pdb", [LOCATE_PE] = "pe"};

const char *client_kind_name(enum locate_kind kind)
{
    return kind_names[kind];
}

bool client_kind_read(const char *name, enum locate_kind *ret)
{
    for (unsigned i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
        if (strcmp(kind_names[i], name) == 0) {
            *ret = (enum locate_kind)i;
            return true;
        }
    return false;
}

static void arguments_make(struct process_client *client)
{
    const struct process_client_options *options = &client->options;
    size_t count = 0;

    client->argv[count++] = options->program_path;
    client->argv[count++] = PROCESS_WORKER_COMMAND;
    if (options->is_large)
        client->argv[count++] = "--large";
    if (options->symbol_cache) {
        client->argv[count++] = "--symbols-cache";
        client->argv[count++] = options->symbol_cache;
    }
    if (options->symbolizer) {
        client->argv[count++] = "--symbolizer";
        client->argv[count++] = options->symbolizer;
    }
    for (size_t i = 0; i < options->symbol_folder_count; i++) {
        client->argv[count++] = "--symbols";
        client->argv[count++] = options->symbol_folders[i];
    }
}

enum status process_client_create(struct process_client **ret, const struct process_client_options *options)
{
    struct process_client *client = calloc(1, sizeof(*client));

    if (client)
        client->argv = calloc(FIXED_ARGUMENTS + 2 * options->symbol_folder_count, sizeof(*client->argv));
    if (!client || !client->argv) {
        free(client);
        return ST_MEMORY;
    }
    client->options = *options;
    arguments_make(client);
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
    free(client->argv);
    free(client);
}

static enum status child_start(struct process_client *client)
{
    const struct process_options options = {.argv = client->argv, .pipe_stdin = true, .pipe_stdout = true};
    uint32_t code;

    if (client->child && process_wait(client->child, 0, &code) == ST_TIMEOUT)
        return ST_OK;
    child_end(client, true); /* it ended while it was idle */
    return process_start(&client->child, &options);
}

/* Waits for the child's words until the deadline, or until somebody wants an end. */
static enum status await(const struct request *request, struct file *out)
{
    const atomic_bool *cancel = request->client->options.cancel;
    enum status status = ST_TIMEOUT;

    for (uint64_t now = clock_steady_ms(); status == ST_TIMEOUT && now < request->deadline_ms; now = clock_steady_ms()) {
        uint64_t left = request->deadline_ms - now;

        if (cancel && atomic_load(cancel))
            break;
        status = pipe_wait_readable(out, cancel && left > CANCEL_POLL_MS ? CANCEL_POLL_MS : left);
    }
    return status;
}

/* Reads what is there, waiting for it. Errors: ST_TIMEOUT, ST_CLOSED. */
static enum status receive(struct request *request)
{
    struct file *out = process_stdout(request->client->child);
    size_t got = 0;
    enum status status = await(request, out);

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

/* Moves what was received to where the answer goes; ST_FORMAT when it is more than announced. */
static enum status answer_pass_on(struct request *request, uint64_t *left)
{
    enum status status;

    if (request->received.len > *left)
        return ST_FORMAT;
    status = file_write(request->out, request->received.data, request->received.len);
    *left -= request->received.len;
    buffer_reset(&request->received);
    return status;
}

static enum status answer_stream(struct request *request, uint64_t bytes)
{
    enum status status = answer_pass_on(request, &bytes);

    while (status == ST_OK && bytes) {
        status = receive(request);
        if (status == ST_OK)
            status = answer_pass_on(request, &bytes);
    }
    return status;
}

static enum status answer_receive(struct request *request, enum status *ret_status)
{
    uint64_t bytes = 0;
    enum status status = answer_line(request, ret_status, &bytes);

    if (status == ST_OK && bytes > (*ret_status == ST_OK ? request->max_bytes : WORKER_MAX_ERROR_BYTES))
        status = ST_FORMAT;
    if (status == ST_OK && *ret_status == ST_OK && request->out)
        return answer_stream(request, bytes);
    while (status == ST_OK && request->received.len < bytes)
        status = receive(request);
    return status == ST_OK && request->received.len != bytes ? ST_FORMAT : status;
}

/* The child gave no answer: ends it and says so. */
static enum status failure_explain(const struct request *request, enum status status)
{
    uint32_t code = child_end(request->client, status != ST_CLOSED);
    struct buffer *error = request->error;

    if (status == ST_TIMEOUT) {
        buffer_printf(error, "processing this %s took longer than %u ms and was given up", request->noun, (unsigned)request->timeout_ms);
        return ST_TIMEOUT;
    }
    if (status == ST_FULL || status == ST_IO) {
        buffer_printf(error, "what processing this %s gave could not be written: %s", request->noun, status_text(status));
        return status;
    }
    if (status == ST_FORMAT)
        buffer_printf(error, "the processing child gave an answer that is not understood on this %s", request->noun);
    else if (status != ST_CLOSED)
        buffer_printf(error, "the processing child could not be read: %s", status_text(status));
    else if (code == SIGNAL_BASE + SIGNAL_CPU_TIME)
        buffer_printf(error, "the processing child used up its processor time on this %s", request->noun);
    else if (code > SIGNAL_BASE)
        buffer_printf(error, "the processing child died of signal %u on this %s", (unsigned)(code - SIGNAL_BASE), request->noun);
    else
        buffer_printf(error, "the processing child ended with code %u on this %s", (unsigned)code, request->noun);
    return ST_CLOSED;
}

/* What is wrong with the dump itself will not get better. */
static bool is_about_dump(enum status answered)
{
    return answered == ST_TRUNCATED || answered == ST_VERSION || answered == ST_UNSUPPORTED;
}

static enum status line_send(struct process_client *client, const char *line)
{
    struct file *in = process_stdin(client->child);
    enum status status = file_write(in, line, strlen(line));

    return status == ST_OK ? file_write(in, "\n", 1) : status;
}

/* Sends a line and receives the answer; *ret_answered is what the child says. Only when there is no answer, ST_CLOSED and the like. */
static enum status ask(struct request *request, const char *line, enum status *ret_answered)
{
    struct process_client *client = request->client;
    enum status status = child_start(client);

    if (status != ST_OK) {
        buffer_printf(request->error, "the processing child %s could not be started: %s", client->options.program_path,
                      status_text(status));
        return status;
    }
    request->deadline_ms = clock_steady_ms() + request->timeout_ms;
    status = line_send(client, line);
    if (status == ST_OK)
        status = answer_receive(request, ret_answered);
    if (status != ST_OK)
        return failure_explain(request, status);
    if (*ret_answered != ST_OK) /* cleaned, since a hostile file may have written the sentence */
        text_clean(request->error, request->received.data, request->received.len);
    return ST_OK;
}

static bool is_sendable(const char *path)
{
    return *path && strlen(path) + 2 <= WORKER_MAX_PATH_BYTES && !strpbrk(path, "\r\n");
}

enum status process_client_run(struct process_client *client, const char *dump_path, const char *rules, uint32_t timeout_ms,
                               struct buffer *out_json, struct buffer *out_error)
{
    struct request request = {
        .client = client, .noun = "dump", .max_bytes = PROCESS_MAX_JSON_BYTES, .timeout_ms = timeout_ms, .error = out_error};
    enum status status, answered = ST_SYSTEM;
    char line[WORKER_MAX_LINE_BYTES];

    if (!is_sendable(dump_path) || (rules && !is_sendable(rules))) {
        buffer_printf(out_error, "the dump's path is empty, too long, or has a line break");
        return ST_ARGUMENT;
    }
    snprintf(line, sizeof(line), "dump %zu %s%s%s", rules ? strlen(rules) : 0, rules ? rules : "", rules ? " " : "", dump_path);
    buffer_init(&request.received, PROCESS_MAX_JSON_BYTES + MAX_ANSWER_LINE + READ_BYTES);
    status = ask(&request, line, &answered);
    if (status == ST_OK && answered != ST_OK)
        status = is_about_dump(answered) ? ST_FORMAT : answered;
    else if (status == ST_OK && (status = buffer_append(out_json, request.received.data, request.received.len)) != ST_OK)
        buffer_printf(out_error, "the report of %zu bytes could not be kept: %s", request.received.len, status_text(status));
    buffer_done(&request.received);
    return status;
}

/* What is wrong with the symbol file itself; memory and the rest may be ours. */
static enum status symbols_status(enum status answered)
{
    return answered == ST_TRUNCATED || answered == ST_VERSION || answered == ST_UNSUPPORTED || answered == ST_CHECKSUM ? ST_FORMAT
                                                                                                                       : answered;
}

enum status process_client_table(struct process_client *client, enum locate_kind kind, const char *id, const char *path,
                                 uint32_t timeout_ms, struct file *out, struct buffer *out_error)
{
    struct request request = {.client = client,
                              .noun = "symbol file",
                              .max_bytes = WORKER_MAX_TABLE_BYTES,
                              .out = out,
                              .timeout_ms = timeout_ms,
                              .error = out_error};
    enum status status, answered = ST_SYSTEM;
    char line[WORKER_MAX_LINE_BYTES];

    if (!is_sendable(path) || strlen(id) > LOCATE_MAX_ID_BYTES || strpbrk(id, " \r\n")) {
        buffer_printf(out_error, "has a path or an id that is empty, too long, or has a line break");
        return ST_ARGUMENT;
    }
    snprintf(line, sizeof(line), "table %s %s %s", client_kind_name(kind), id, path);
    buffer_init(&request.received, MAX_ANSWER_LINE + 2 * READ_BYTES);
    status = ask(&request, line, &answered);
    buffer_done(&request.received);
    return status == ST_OK ? symbols_status(answered) : status;
}

/* One line of an answer of several; the text must have room for it. */
static bool line_take(char **text, char *ret, size_t ret_size)
{
    size_t size = strcspn(*text, "\n");

    if (!(*text)[size] || size >= ret_size)
        return false;
    memcpy(ret, *text, size);
    ret[size] = 0;
    *text += size + 1;
    return true;
}

static bool identity_read(char *text, struct symbol_identity *ret)
{
    char kind[8];

    return line_take(&text, kind, sizeof(kind)) && client_kind_read(kind, &ret->kind) && line_take(&text, ret->name, sizeof(ret->name)) &&
           line_take(&text, ret->id, sizeof(ret->id)) && line_take(&text, ret->file, sizeof(ret->file)) && !*text;
}

enum status process_client_identify(struct process_client *client, const char *path, uint32_t timeout_ms, struct symbol_identity *ret,
                                    struct buffer *out_error)
{
    struct request request = {
        .client = client, .noun = "symbol file", .max_bytes = MAX_IDENTITY_BYTES, .timeout_ms = timeout_ms, .error = out_error};
    enum status status = ST_ARGUMENT, answered = ST_SYSTEM;
    char line[WORKER_MAX_LINE_BYTES];

    if (!is_sendable(path)) {
        buffer_printf(out_error, "has a path that is too long or has a line break");
        return status;
    }
    snprintf(line, sizeof(line), "identify %s", path);
    buffer_init(&request.received, MAX_ANSWER_LINE + 2 * READ_BYTES);
    status = ask(&request, line, &answered);
    if (status == ST_OK && answered != ST_OK)
        status = symbols_status(answered);
    else if (status == ST_OK && (buffer_append_byte(&request.received, 0) != ST_OK || !identity_read((char *)request.received.data, ret))) {
        buffer_printf(out_error, "has a name or an id that no symbol store can hold");
        status = ST_FORMAT;
    }
    buffer_done(&request.received);
    return status;
}
