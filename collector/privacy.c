/* privacy.c - see privacy.h. */
#include "privacy.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES    128
#define DROPPED_MAX  64
#define NEEDLE_BYTES 256

/* What names a person or is his words, as Breakpad's clients call it. As annotations only his own yes covers them; in a comment he sent
 * them himself, and only the options take them out. */
static const struct {
    const char *name, *of_comment;
} personal[] = {{"user", RECORD_NAME}, {"email", RECORD_EMAIL}, {"comments", RECORD_COMMENT}};
#define PERSONAL_COUNT (sizeof personal / sizeof *personal)

struct filter {
    const struct option_list *names;
    bool is_covered; /* the user said yes */
};

static bool is_named(const struct option_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal_nocase(names->items[i], name))
            return true;
    return false;
}

static bool is_dropped(const struct record_line *line, const struct filter *filter)
{
    char key[sizeof RECORD_ANNOTATION + KEY_BYTES];
    const char *name = key + strlen(RECORD_ANNOTATION);

    if (record_decode_key(line, key, sizeof key) >= sizeof key)
        return false;
    for (size_t i = 0; i < PERSONAL_COUNT; i++)
        if (strcmp(key, personal[i].of_comment) == 0)
            return is_named(filter->names, personal[i].name);
    if (!text_starts(key, RECORD_ANNOTATION))
        return false;
    for (size_t i = 0; i < PERSONAL_COUNT && !filter->is_covered; i++)
        if (text_equal_nocase(personal[i].name, name))
            return true;
    return is_named(filter->names, name);
}

/* The record without them; each one's key as it stands in the record goes to needles, for the copy of the record in the dump. */
static enum status record_filter(const char *record, size_t bytes, const struct filter *filter, struct buffer *out,
                                 char needles[DROPPED_MAX][NEEDLE_BYTES], size_t *ret_needles)
{
    struct record_line line;
    size_t cursor = 0;
    enum status st = ST_OK;

    while (!st && record_next(record, bytes, &cursor, &line)) {
        if (!is_dropped(&line, filter)) {
            st = buffer_append(out, line.key, (size_t)(line.value - line.key) + line.value_bytes);
            if (!st)
                st = buffer_append_byte(out, '\n');
        } else if (*ret_needles == DROPPED_MAX || line.key_bytes + 2 > NEEDLE_BYTES) {
            st = ST_TOO_LARGE;
        } else {
            snprintf(needles[(*ret_needles)++], NEEDLE_BYTES, "%.*s=", (int)line.key_bytes, line.key);
        }
    }
    return st;
}

static enum status rewrite(struct spool *spool, struct spool_report *report, const struct policy_options *options)
{
    const struct filter filter = {&options->drop_annotations, spool_report_consent(spool, report) == SPOOL_CONSENT_YES};
    static const size_t needles_bytes = (size_t)DROPPED_MAX * NEEDLE_BYTES;
    char(*needles)[NEEDLE_BYTES] = malloc(needles_bytes);
    const struct spool_attachment *attachments;
    const char *blank[DROPPED_MAX];
    struct buffer record;
    size_t bytes, count = 0;
    const char *before = spool_report_record(report, &bytes);
    bool has_attachments = options->drop_attachments && spool_report_attachments(report, &attachments);
    enum status st = needles ? ST_OK : ST_MEMORY;

    buffer_init(&record, RECORD_MAX_BYTES);
    if (!st)
        st = record_filter(before, bytes, &filter, &record, needles, &count);
    for (size_t i = 0; i < count; i++)
        blank[i] = needles[i];
    if (!st && (count || has_attachments))
        st = spool_report_rewrite(report, buffer_text(&record), record.len, blank, count, !options->drop_attachments);
    buffer_done(&record);
    free(needles);
    return st;
}

enum status privacy_apply(struct spool *spool, const char *name, const struct policy_options *options)
{
    struct spool_report *report = NULL;
    enum status st;

    st = spool_report_open(spool, SPOOL_NEW, name, &report);
    if (!st)
        st = rewrite(spool, report, options);
    spool_report_close(report);
    return st;
}
