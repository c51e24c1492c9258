/* source.h - the contents of one report to be sent: a queued report, or a minidump given by hand. */
#ifndef SALVOR_UPLOADER_SOURCE_H
#define SALVOR_UPLOADER_SOURCE_H
#include "base/option.h"
#include "spool/spool.h"

struct source_part {
    char *name;
    struct file *file; /* whoever owns it */
    uint64_t offset, size_bytes;
};

struct source {
    char id[UUID_TEXT_BYTES];
    struct buffer record;
    struct source_part dump; /* name NULL: a report without a dump */
    struct source_part *attachments;
    size_t attachment_count;
    /* what it owns of the above's files */
    struct spool_report *report;
    struct file dump_file, *attachment_files;
    size_t attachment_file_count;
};

/* What the user said about files given by hand; texts may be NULL. */
struct source_extras {
    const char *app, *version, *environment, *channel;
    struct option_list annotations; /* "key=value" each */
    struct option_list attachments; /* paths */
};

/* Describes an open report, which stays the caller's and must outlive the source. */
enum status source_from_report(struct source *ret, struct spool_report *report);
/* Opens a minidump, or a report file of a queue, and the extras' attachments. On an error message gets one sentence. */
enum status source_from_file(struct source *ret, const char *path, const struct source_extras *extras, struct buffer *message);
void source_done(struct source *source);

#endif
