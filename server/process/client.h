/* client.h - the server's side of dump processing: a child process does the work, so a hostile dump kills a child and never the server.
 *
 * The child is this same program started with the hidden sub-command PROCESS_WORKER_COMMAND; its main is worker.h. It serves one dump
 * after another and is started again after a death or a missed deadline. A client is used by one thread at a time. */
#ifndef SALVOR_SERVER_PROCESS_CLIENT_H
#define SALVOR_SERVER_PROCESS_CLIENT_H
#include "base/buffer.h"

#define PROCESS_WORKER_COMMAND "worker"
#define PROCESS_MAX_JSON_BYTES (64u * 1024u * 1024u) /* a good ceiling for out_json */

struct process_client;

/* Makes a client whose children are `program_path worker`; starts nothing yet. */
enum status process_client_create(struct process_client **ret, const char *program_path);

/* Processes the dump (or report container) at dump_path, an absolute path without line breaks, and appends the report as JSON text.
 * On an error out_json is as it was and out_error holds one sentence to show beside the report.
 * Errors: ST_FORMAT (no minidump; a repeat is useless), ST_TIMEOUT, ST_CLOSED (the child died; dump_path may be hostile), ST_ARGUMENT,
 * and those of starting a program. */
enum status process_client_run(struct process_client *client, const char *dump_path, uint32_t timeout_ms, struct buffer *out_json,
                               struct buffer *out_error);

void process_client_free(struct process_client *client); /* ends the child; accepts NULL */

#endif
