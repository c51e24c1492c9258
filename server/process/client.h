/* client.h - the server's side of dump processing: a child process does the work, so a hostile dump kills a child and never the server.
 *
 * The child is this same program started with the hidden sub-command PROCESS_WORKER_COMMAND; its main is worker.h. It serves one dump
 * after another and is started again after a death or a missed deadline. A client is used by one thread at a time. */
#ifndef SALVOR_SERVER_PROCESS_CLIENT_H
#define SALVOR_SERVER_PROCESS_CLIENT_H
#include "base/buffer.h"
#include "base/file.h"
#include "symbols/identify.h"
#include <stdatomic.h>

#define PROCESS_WORKER_COMMAND "worker"
#define PROCESS_MAX_JSON_BYTES (64u * 1024u * 1024u) /* a good ceiling for out_json */

struct process_client;

/* How its children are started; the texts must stay until process_client_free. */
struct process_client_options {
    const char *program_path;
    const char *const *symbol_folders; /* for dumps; absolute paths */
    size_t symbol_folder_count;
    const char *symbol_cache;  /* compiled symbols, which the child only reads; NULL = none */
    const char *symbolizer;    /* llvm-symbolizer for images with DWARF; NULL = none */
    bool is_large;             /* the child gets the memory that symbol files need */
    const atomic_bool *cancel; /* NULL, or set by another thread to end a request soon, as if its time were up */
};

/* Makes a client whose children are `program_path worker ...`; starts nothing yet. */
enum status process_client_create(struct process_client **ret, const struct process_client_options *options);

/* Processes the dump (or report container) at dump_path, an absolute path without line breaks, and appends the report as JSON text.
 * rules: the absolute path of a file of signature rules; NULL = the built-in ones alone.
 * On an error out_json is as it was and out_error holds one sentence to show beside the report.
 * Errors: ST_FORMAT (no minidump; a repeat is useless), ST_TIMEOUT, ST_CLOSED (the child died; dump_path may be hostile), ST_ARGUMENT,
 * and those of starting a program. */
enum status process_client_run(struct process_client *client, const char *dump_path, const char *rules, uint32_t timeout_ms,
                               struct buffer *out_json, struct buffer *out_error);

/* Checks that the symbol file at path has that id, compiles it, and writes its table to out from its position on. On an error out may hold
 * any part of it, and out_error one sentence part, as in "FILE <error>". Errors: ST_REFUSED (another id), ST_FORMAT (damaged; also when
 * it is something else or breaks a limit of its format), ST_MEMORY, ST_TOO_LARGE, those of process_client_run, those of writing. */
enum status process_client_table(struct process_client *client, enum locate_kind kind, const char *id, const char *path,
                                 uint32_t timeout_ms, struct file *out, struct buffer *out_error);
/* Tells what kind of symbol file a file is. What it says comes from a process that read hostile bytes: names and id are
 * texts of their sizes, nothing more. Errors: ST_NOT_FOUND (no symbol file), and as above. */
enum status process_client_identify(struct process_client *client, const char *path, uint32_t timeout_ms, struct symbol_identity *ret,
                                    struct buffer *out_error);

/* The protocol's words for kinds of symbol files. */
const char *client_kind_name(enum locate_kind kind);
bool client_kind_read(const char *name, enum locate_kind *ret);

void process_client_free(struct process_client *client); /* ends the child; accepts NULL */

#endif
