/* consent.c - what a program's user said last about sending reports: one small file for each user and program, made when somebody says a
 * word, so that a report written under an earlier word follows the later one. */
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

#define FOLDER     "consent"
#define WORD_BYTES 8

/* The file's path, or NULL: of is not a UUID as we write them, or there is no memory. Nothing else becomes part of a path. */
static char *word_path(const struct spool *spool, const char *of, bool makes_folder)
{
    uint8_t uuid[16];
    char name[UUID_TEXT_BYTES], *folder, *path = NULL;

    if (!uuid_parse(uuid, of))
        return NULL;
    uuid_format(name, uuid);
    folder = path_joined(spool->dir, FOLDER);
    if (folder && (!makes_folder || folder_create(folder) == ST_OK))
        path = path_joined(folder, name);
    free(folder);
    return path;
}

enum status spool_consent_set(struct spool *spool, const char *of, enum spool_consent consent)
{
    const char *word = consent == SPOOL_CONSENT_YES ? CONSENT_YES : CONSENT_NO;
    char *path = word_path(spool, of, true);
    enum status status;

    if (!path)
        return ST_ARGUMENT;
    if (consent == SPOOL_CONSENT_UNSET) {
        status = file_remove(path);
        status = status == ST_NOT_FOUND ? ST_OK : status;
    } else {
        status = file_write_whole(path, word, strlen(word));
    }
    free(path);
    return status;
}

static enum spool_consent word_meaning(const char *word)
{
    if (strcmp(word, CONSENT_YES) == 0)
        return SPOOL_CONSENT_YES;
    return strcmp(word, CONSENT_NO) == 0 ? SPOOL_CONSENT_NO : SPOOL_CONSENT_UNSET;
}

static enum spool_consent word_kept(const struct spool *spool, const char *of)
{
    char *path = word_path(spool, of, false);
    struct buffer word;
    enum spool_consent kept = SPOOL_CONSENT_UNSET;

    if (!path)
        return kept;
    buffer_init(&word, WORD_BYTES);
    if (file_read_whole(path, WORD_BYTES, &word) == ST_OK)
        kept = word_meaning(buffer_text(&word));
    buffer_done(&word);
    free(path);
    return kept;
}

enum spool_consent spool_report_consent(struct spool *spool, const struct spool_report *report)
{
    char of[UUID_TEXT_BYTES], word[WORD_BYTES];
    enum spool_consent kept = SPOOL_CONSENT_UNSET;

    if (record_get(report->record, report->record_bytes, RECORD_CONSENT_OF, of, sizeof of))
        kept = word_kept(spool, of);
    if (kept == SPOOL_CONSENT_UNSET && record_get(report->record, report->record_bytes, RECORD_CONSENT, word, sizeof word))
        kept = word_meaning(word);
    return kept;
}
