/* spool.h - the on-disk report queue that collector, uploader and WER module share.
 *
 *   <dir>/tmp/                    reports being written; swept when their writer is gone
 *   <dir>/new/                    complete; policy and merging have not seen them
 *   <dir>/pending/ uploading/ done/ discarded/ failed/
 *   <dir>/consent/<uuid>          what a program's user said last: `yes` or `no` (RECORD_CONSENT_OF names the file)
 *   <dir>/history/<id>.log        one fsynced line per event: `<unix_ms> <event> key=value ...`; of a change of state the first key is
 *                                 `state`. A report without an id goes by its file name without .dmp.
 *
 * A report is one file (proto/container.h) named `<exe>-<unix_ts>-<pid>[-n].dmp`; its state is its folder, so each change of state is one
 * rename. A report that is being sent is locked by its sender: an unlocked file in uploading/ belongs to nobody. It goes back to pending/,
 * or on to the final state that the last line of its history names. In done/, discarded/ and failed/ only the record may remain (dump and
 * attachments cut away). */
#ifndef SALVOR_SPOOL_SPOOL_H
#define SALVOR_SPOOL_SPOOL_H
#include "base/file.h"
#include "proto/container.h"
#include "proto/record.h"
#include "proto/uuid.h"

enum spool_state { SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING, SPOOL_DONE, SPOOL_DISCARDED, SPOOL_FAILED, SPOOL_STATE_COUNT };
const char *spool_state_name(enum spool_state state); /* "new" ...; static */

struct spool;
/* Opens the queue in dir and makes its folders. */
enum status spool_open(struct spool **ret, const char *dir);
/* Opens an existing flat folder, an inbox, for writing drafts into it and nothing else: a committed draft becomes a `.dmp` beside it. */
enum status spool_open_inbox(struct spool **ret, const char *folder);
void spool_close(struct spool *spool); /* accepts NULL */
const char *spool_dir(const struct spool *spool);
/* Removes what dead writers left in tmp/ and settles unlocked reports in uploading/. Any process may call it at any time. */
enum status spool_sweep(struct spool *spool);

/* -- writing one report -- */
struct spool_draft;
struct spool_report; /* open, with its record in memory */
/* Makes an empty file in tmp/, locked while the draft lives. */
enum status spool_draft_create(struct spool *spool, struct spool_draft **ret);
/* The file to write the minidump into, from offset 0. Its handle may be given to a child that writes there. Owned by the draft. */
struct file *spool_draft_file(struct spool_draft *draft);
const char *spool_draft_path(const struct spool_draft *draft);
/* Declares what the file holds now as the dump (0 = none) and moves behind it. Call before the next two. */
enum status spool_draft_end_dump(struct spool_draft *draft, uint64_t *ret_dump_bytes);
/* Appends a file of at most max_bytes under a plain name; a longer one is ST_TOO_LARGE and adds nothing. */
enum status spool_draft_attach(struct spool_draft *draft, const char *name, struct file *source, uint64_t max_bytes);
/* Adds dump and attachment lines to the record, writes record and footer, syncs, and renames into state's folder: from here on the report
 * exists. The name is made of app, crash_time and pid of the record. Frees the draft, also on an error (then nothing is left behind).
 * ret_name, if not NULL, receives the file's name; the caller frees it. */
enum status spool_draft_commit(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state, char **ret_name);
/* Copies the dump of one open report and the attachments of another, or of the same, into a draft that holds nothing yet. */
enum status spool_draft_copy(struct spool_draft *draft, struct spool_report *dump, struct spool_report *attachments);
void spool_draft_abandon(struct spool_draft *draft); /* frees and removes; accepts NULL */

/* -- reading reports -- */
struct spool_attachment {
    char *name;
    uint64_t offset, size_bytes;
};
enum status spool_report_open(struct spool *spool, enum spool_state state, const char *name, struct spool_report **ret);
/* The same for a report file outside of any queue; it cannot be moved. */
enum status spool_report_open_file(const char *path, struct spool_report **ret);
/* The same for a file that is open already; on success the report owns the handle and *file is closed to the caller. */
enum status spool_report_take_file(struct file *file, const char *name, struct spool_report **ret);
/* Moves a pending report to uploading/ and locks it. ST_NOT_FOUND: someone else was faster. A damaged one (ST_FORMAT, ST_CHECKSUM,
 * ST_TRUNCATED) is put into failed/ with a line in its history. */
enum status spool_report_claim(struct spool *spool, const char *name, struct spool_report **ret);
void spool_report_close(struct spool_report *report); /* a claimed one goes back to pending/ unless it was moved; accepts NULL */
const char *spool_report_name(const struct spool_report *report);
const char *spool_report_id(const struct spool_report *report); /* "" when the record has none */
const char *spool_report_record(const struct spool_report *report, size_t *ret_bytes);
uint64_t spool_report_dump_bytes(const struct spool_report *report);
size_t spool_report_attachments(const struct spool_report *report, const struct spool_attachment **ret);
struct file *spool_report_file(struct spool_report *report); /* for file_read_at */
/* Changes the state by one rename, writes `event` with detail (may be NULL) to the history first, and keeps the report open.
 * In DONE, DISCARDED and FAILED keep_dump false cuts dump and attachments away; what they were is no longer in the open report then. */
enum status spool_report_move(struct spool_report *report, enum spool_state state, const char *event, const char *detail, bool keep_dump);

/* Removes the report from the queue, after a line in its history that names no state: another report with its id takes its place. */
enum status spool_report_drop(struct spool_report *report, const char *event, const char *detail);

/* A state's reports, oldest first by name's time. */
struct spool_entry {
    char *name;
    uint64_t size_bytes;
    int64_t modified_unix_ms;
};
enum status spool_list(struct spool *spool, enum spool_state state, struct spool_entry **ret, size_t *ret_count);
void spool_list_free(struct spool_entry *entries, size_t count);

/* -- consent -- */
enum spool_consent { SPOOL_CONSENT_UNSET, SPOOL_CONSENT_YES, SPOOL_CONSENT_NO };
/* Keeps what a program's user said last, durably; UNSET forgets it. of: a record's RECORD_CONSENT_OF. ST_ARGUMENT: not a UUID. */
enum status spool_consent_set(struct spool *spool, const char *of, enum spool_consent consent);
/* What counts for a report: the last word kept in the queue, else the word in its record, else UNSET. A NO may be followed by a YES, and
 * then what waited may go. */
enum spool_consent spool_report_consent(struct spool *spool, const struct spool_report *report);

/* Appends one durable line to a report's history. */
enum status spool_history_add(struct spool *spool, const char *id, const char *event, const char *detail);
/* The whole history of a report as text; ST_NOT_FOUND when it has none. */
enum status spool_history_read(struct spool *spool, const char *id, struct buffer *out);

#endif
