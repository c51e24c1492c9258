/* report_told.c - the record of a program that died without a dump: its word, which a dump would have carried. Apart from report.c, since
 * the client library writes no such record. */
#include "proto/report.h"
#include <string.h>

/* A line for each, in their order. */
static void put_log(struct record_writer *writer, const char *log, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(log + at, '\n', size - at);
        size_t length = end ? (size_t)(end - log) - at : size - at;

        record_put_sized(writer, "", RECORD_LOG, strlen(RECORD_LOG), log + at, length);
        at += length + 1;
    }
}

void report_put_told(struct record_writer *writer, const struct block *copy, uint8_t *log)
{
    struct report_program program;

    report_copy_program(&program, copy);
    report_put_program(writer, &program);
    if (copy->damaged)
        record_put(writer, RECORD_BLOCK_DAMAGED, "1");
    report_put_annotations(writer, copy);
    put_log(writer, (const char *)log, report_log(copy, log));
}
