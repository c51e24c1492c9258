/* result.h - what the store wants to know of a processed report's JSON (server/process describes its layout). */
#ifndef SALVOR_SERVER_JOBS_RESULT_H
#define SALVOR_SERVER_JOBS_RESULT_H
#include "depot/tables.h"
#include "store/report.h"

struct result;
/* ST_FORMAT: the text is not such a JSON object. */
enum status result_create(struct result **ret, const char *text, size_t size);
void result_free(struct result *result); /* accepts NULL */
const struct report_result *result_facts(const struct result *result);
/* The index-th compiled symbol file that it was looked up in; NULL past the last. */
const struct table_use *result_table(const struct result *result, size_t index);

#endif
