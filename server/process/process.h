/* process.h - a dump in, its report as JSON out; the same code in the server's worker, in salvor-stackwalk and in the fuzzers.
 *
 * The JSON has the layout of rust-minidump's json-schema.md, field for field, and besides it `schema_version`, `threads[].thread_id`, and
 * one object `salvor` with what that layout has no place for (described at the top of salvor.c). */
#ifndef SALVOR_SERVER_PROCESS_PROCESS_H
#define SALVOR_SERVER_PROCESS_PROCESS_H
#include "base/buffer.h"
#include "base/bytes.h"

#define PROCESS_SCHEMA_VERSION 1u

struct analysis_options;

/* Processes a minidump or report container and appends its JSON; options (analysis.h) may be NULL. On an error out_json is as it was and
 * *ret_why (static) says why as one sentence. Errors: ST_FORMAT, ST_VERSION, ST_TRUNCATED, ST_UNSUPPORTED (no readable minidump),
 * ST_TOO_LARGE (for out_json), ST_MEMORY. */
enum status process_report(struct span file, const struct analysis_options *options, struct buffer *out_json, const char **ret_why);

#endif
