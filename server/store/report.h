/* report.h - reports: taken in once, replaced by a richer delivery of the same, processed. */
#ifndef SALVOR_SERVER_STORE_REPORT_H
#define SALVOR_SERVER_STORE_REPORT_H
#include "store/blob.h"
#include "store/db.h"
#include "store/id.h"
#include "store/job.h"
#include "store/symbol.h"

#define REPORT_MAX_ATTACHMENTS 64
#define REPORT_MAX_BLOBS       (1 + REPORT_MAX_ATTACHMENTS)

#define REPORT_WAITING   "waiting"
#define REPORT_PROCESSED "processed"
#define REPORT_FAILED    "failed"

struct report_attachment {
    const char *name;
    uint64_t size_bytes;
    char blob[BLOB_NAME_BYTES];
};

/* One delivery. Text is clean UTF-8; "" where unknown. */
struct report_delivery {
    int64_t project_id, received_ms, crash_time_ms;
    const char *dedupe, *client_id; /* client_id may be NULL */
    const char *app, *version, *layer, *dump_name;
    const char *fields_json, *record_json, *annotations_json; /* each the text of a JSON object */
    char dump_blob[BLOB_NAME_BYTES];                          /* "" = no dump */
    uint64_t dump_bytes;
    uint64_t counted;  /* 0: a report; else a count-only report of so many crashes, which never changes */
    const char *alike; /* of a count-only report: the client_id of one of its kind; NULL or "" = none */
    const struct report_attachment *attachments;
    size_t attachment_count;
};

enum report_outcome {
    REPORT_NEW,
    REPORT_REPLACED, /* the delivery was richer than what was there */
    REPORT_REPEATED  /* what was there is as good: nothing changed */
};

/* Blobs that a change may have left without a report. */
struct report_leftovers {
    char blobs[REPORT_MAX_BLOBS][BLOB_NAME_BYTES];
    size_t count;
};

/* Takes a delivery in, with its job and roll-up. The id stays the same for all deliveries of one report. */
enum status report_deliver(struct db_tx *tx, const struct report_delivery *delivery, char ret_id[UUID_TEXT_BYTES],
                           enum report_outcome *ret_outcome, struct report_leftovers *ret_leftovers);

/* What processing found out. app, version and layer count only where the delivery said nothing: a program knows its version better than its
 * file does. */
struct report_result {
    const char *app, *version, *layer, *os, *reason, *title, *tags, *signature;
    const char *annotations_json; /* found in the dump itself: the text of a JSON object */
    int64_t crash_time_ms;        /* 0: as it was */
    int64_t score;
    const struct symbol_wanted *wanted; /* symbol files it lacked */
    size_t wanted_count;
    const void *json_deflated;
    size_t json_bytes, json_deflated_bytes;
};

/* Stores a result, moves the report into its group and ends the job. ST_NOT_FOUND: the lease is lost; roll back. */
enum status report_store_result(struct db_tx *tx, const struct job *job, const struct report_result *result);
/* Marks the report as failed for good with one sentence; the job becomes a dead letter. ST_NOT_FOUND as above. */
enum status report_store_failure(struct db_tx *tx, const struct job *job, const char *error);

#endif
