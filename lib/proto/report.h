/* report.h - a report's record (proto/record.h): who crashed, and what its shared block says. */
#ifndef SALVOR_PROTO_REPORT_H
#define SALVOR_PROTO_REPORT_H
#include "proto/block.h"
#include "proto/record.h"
#include "proto/uuid.h"

/* Room for a record with all that a client can say: every annotation at its largest, each byte of it escaped, and 64 KiB for the rest. */
#define REPORT_MAX_BYTES (BLOCK_MAX_ANNOTATIONS * (3u * BLOCK_MAX_KEY + 2u * BLOCK_MAX_VALUE + 16u) + 64u * 1024u)

/* What the writer of a report knows by itself; a crashed process has no say in it. */
struct report_identity {
    char id[UUID_TEXT_BYTES];
    const char *app;                   /* borrowed */
    uint32_t pid;                      /* 0 = not known */
    int64_t process_start, crash_time; /* Unix seconds; process_start 0 = not known */
    const char *layer;                 /* LAYER_* */
    bool weak;                         /* the id rests on the file's time */
    char consent_of[UUID_TEXT_BYTES];  /* uuid_consent_of; "" = not known */
};

/* What a client said of itself in its block's first page. */
struct report_program {
    char version[BLOCK_MAX_NAME], environment[BLOCK_MAX_NAME], channel[BLOCK_MAX_NAME];
    uint32_t consent;
};

/* The record's first lines. */
void report_put_identity(struct record_writer *writer, const struct report_identity *identity);
/* The client's word on sending (block.consent); what is none counts as no. */
void report_put_consent(struct record_writer *writer, uint32_t consent);
/* Copies these fields alone from a live block; a text without an end, or that is no UTF-8, counts as not set. */
void report_copy_program(struct report_program *ret, const volatile struct block *live);
void report_put_program(struct record_writer *writer, const struct report_program *program);
/* From a copy that block_check accepted. Those that were being written are left out. */
void report_put_annotations(struct record_writer *writer, const struct block *copy);
/* What the client told, annotations with it, from such a copy. */
void report_put_client(struct record_writer *writer, const struct block *copy);
/* The same of a client that left no dump: there is no fault, and the breadcrumbs are lines of the record. log: room for BLOCK_LOG_BYTES. */
void report_put_told(struct record_writer *writer, const struct block *copy, uint8_t *log);
/* The record of the comment in a block: app, crash_time (now) and consent_of are the writer's; number tells comments of one process apart.
 * False when the comment names no report. */
bool report_put_comment(struct record_writer *writer, const struct block *copy, const struct report_identity *who, uint32_t number);
/* Puts the breadcrumb ring in order, oldest first, into ret (BLOCK_LOG_BYTES); returns its length. A line cut by the ring's wrap is
 * dropped. */
size_t report_log(const struct block *copy, uint8_t *ret);

/* Copies a live block once; annotations that change meanwhile are marked as torn. */
void report_copy_block(struct block *ret, const struct block *live);

#endif
