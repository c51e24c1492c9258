/* spool.h - the on-disk report queue that collector, uploader and WER module share.
 *
 *   <dir>/tmp/                    reports being written; swept when their writer is gone
 *   <dir>/new/                    complete; policy and merging have not seen them
 *   <dir>/pending/ uploading/ done/ discarded/ failed/
 *   <dir>/consent/<uuid>          what a program's user said last: `yes` or `no` (RECORD_CONSENT_OF names the file)
 *   <dir>/history/<id>.log        one fsynced line per event: `<unix_ms> <event> key=value ...`; of a change of state the first key is
 *                                 `state`. A report without an id goes by its file name without .dmp.
 *
 *   <dir>/turn                    the lock that says who may move reports, see spool_turn_begin
 *
 * A report is one file (proto/container.h) named `<exe>-<unix_ts>-<pid>[-n].dmp`; its state is its folder, so each change of state is one
 * rename. A report that is being sent is locked by its sender: an unlocked file in uploading/ belongs to nobody. It goes back to pending/,
 * or on to the final state that the last line of its history names. In done/, discarded/ and failed/ only the record may remain (dump and
 * attachments cut away).
 *
 * One id, one crash: it is counted, or it is sent under its id, which the server counts once; never both, and not counted twice. Several
 * reports may carry one id, and processes may die anywhere in between, so it is the id that is decided on, and each time by one durable
 * step of one process:
 *   - It is sent from the line `sending` in its history on, which its sender syncs before the first byte goes out. From then on it is never
 *     counted.
 *   - It is counted from the rename on that gives a count-only report its id (spool_count_add). Then its reports, all of which are in new/,
 *     are removed, and a line `counted` says so. From then on none of its reports is sent.
 * Only a keeper counts, and while there is a keeper nobody sends (spool_turn_begin), so neither step has another beside it. A keeper counts
 * an id only when its history is open (spool_fate_read) and none of its reports is outside of new/; whatever is in doubt is sent, which is
 * never wrong. */
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
/* Removes what dead writers left in tmp/ and settles unlocked reports in uploading/. Any process may call it at any time; another one's
 * keeper sees to uploading/ by itself. */
enum status spool_sweep(struct spool *spool);

/* -- who may move reports -- */
enum spool_turn {
    SPOOL_TURN_NONE,
    SPOOL_TURN_SENDING, /* may claim reports, beside others that do */
    SPOOL_TURN_KEEPING  /* alone: may take reports out of new/, count, merge, and claim; there are no senders meanwhile */
};
/* Takes a turn for this handle without waiting; ST_BUSY: others have one that does not go with it. It ends with the process too, so a
 * collector that comes after one that was killed waits until that one's uploader has done its work. ST_STATE: the handle has a turn. */
enum status spool_turn_begin(struct spool *spool, enum spool_turn turn);
void spool_turn_end(struct spool *spool); /* accepts a handle without one */

/* -- writing one report -- */
struct spool_draft;
struct spool_report; /* open, with its record in memory */
struct spool_attachment;
/* Makes an empty file in tmp/, locked while the draft lives. */
enum status spool_draft_create(struct spool *spool, struct spool_draft **ret);
/* The file to write the minidump into, from offset 0. Its handle may be given to a child that writes there. Owned by the draft. */
struct file *spool_draft_file(struct spool_draft *draft);
const char *spool_draft_path(const struct spool_draft *draft);
/* Declares what the file holds now as the dump (0 = none) and moves behind it. Call before the next two. */
enum status spool_draft_end_dump(struct spool_draft *draft, uint64_t *ret_dump_bytes);
/* What a child has written into the file is a dump of dump_bytes and behind it, up to the file's end, attachments of these names and sizes,
 * one after the other (offsets are not read). ST_FORMAT when the file is not so long; ST_ARGUMENT: a name that is not plain. */
enum status spool_draft_end_written(struct spool_draft *draft, uint64_t dump_bytes, const struct spool_attachment *attachments,
                                    size_t count);
/* Appends a file of at most max_bytes under a plain name; a longer one is ST_TOO_LARGE and adds nothing. */
enum status spool_draft_attach(struct spool_draft *draft, const char *name, struct file *source, uint64_t max_bytes);
/* Adds dump and attachment lines to the record, writes record and footer, syncs, and renames into state's folder: from here on the report
 * exists. The name is made of app, crash_time and pid of the record. Frees the draft, also on an error (then nothing is left behind).
 * ret_name, if not NULL, receives the file's name; the caller frees it. */
enum status spool_draft_commit(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state, char **ret_name);
/* The same in two steps, for a report that somebody waits for. After publish it exists: a process that ends then loses nothing. After
 * settle it is durable; that frees the draft, also on an error, which leaves the report. A power cut in between can leave a file without
 * its end, which every reader knows for damaged. publish frees the draft only on an error. */
enum status spool_draft_publish(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state,
                                char **ret_name);
enum status spool_draft_settle(struct spool_draft *draft);
/* As spool_draft_commit, in the place of the report `name`. For a keeper, or of a report that nobody else may be using. An error after the
 * rename (of syncing the folder) leaves the new one there. */
enum status spool_draft_replace(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state,
                                const char *name);
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
/* Moves a pending report to uploading/ and locks it. ST_STATE without a turn; ST_NOT_FOUND: someone else was faster, or it is in a count
 * already and was removed. A damaged one (ST_FORMAT, ST_CHECKSUM, ST_TRUNCATED) is put into failed/ with a line in its history. */
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

/* Appends one durable line to an open report's history. */
enum status spool_report_note(const struct spool_report *report, const char *event, const char *detail);

/* Writes a report of new/ again with another record, without its attachments unless they are kept, and in its dump with 'x' for whatever
 * follows each of the texts blank (such as "annotation.name=") up to the line's end. By one rename; the open report is of no more use but
 * to be closed. */
enum status spool_report_rewrite(struct spool_report *report, const char *record, size_t record_bytes, const char *const *blank,
                                 size_t blanks, bool keep_attachments);

/* Puts a damaged report that nobody has open into failed/, with a line in its history. */
enum status spool_report_bury(struct spool *spool, enum spool_state state, const char *name, enum status why);

/* A state's reports, oldest first by name's time. */
struct spool_entry {
    char *name;
    uint64_t size_bytes;
    int64_t modified_unix_ms;
};
enum status spool_list(struct spool *spool, enum spool_state state, struct spool_entry **ret, size_t *ret_count);
void spool_list_free(struct spool_entry *entries, size_t count);

/* A report of a state with this id, other than the one named but (may be NULL); the caller frees *ret_name. pid tells which files need not
 * be opened. ST_NOT_FOUND: there is none. Any other error: nobody knows. */
enum status spool_find(struct spool *spool, enum spool_state state, const char *id, uint32_t pid, const char *but, char **ret_name);
/* The same among names that are at hand. */
enum status spool_find_among(struct spool *spool, enum spool_state state, const struct spool_entry *entries, size_t count, const char *id,
                             uint32_t pid, const char *but, char **ret_name);
/* Another report of a state with an open report's id. One without an id has none. */
enum status spool_report_twin(struct spool_report *report, enum spool_state state, char **ret_name);

/* -- consent -- */
enum spool_consent { SPOOL_CONSENT_UNSET, SPOOL_CONSENT_YES, SPOOL_CONSENT_NO };
/* Keeps what a program's user said last, durably; UNSET forgets it. of: a record's RECORD_CONSENT_OF. ST_ARGUMENT: not a UUID. */
enum status spool_consent_set(struct spool *spool, const char *of, enum spool_consent consent);
/* What counts for a report: the last word kept in the queue, else the word in its record, else UNSET. A NO may be followed by a YES, and
 * then what waited may go. */
enum spool_consent spool_report_consent(struct spool *spool, const struct spool_report *report);

/* Puts entries into the order of sending: of each program the report that has waited longest, then the others, newest first. */
void spool_order_for_sending(struct spool_entry *entries, size_t count);

/* -- crashes without a dump of their own -- */
/* What reports are told apart by where not every one is kept: 16 hex digits made of program, version, code and address. */
#define SPOOL_BUCKET_BYTES 17
void spool_bucket(const char *record, size_t record_bytes, char ret[SPOOL_BUCKET_BYTES]);
/* The crashes that a count-only report stands for; 0 for any other record. */
uint64_t spool_record_count(const char *record, size_t record_bytes);
/* Takes reports, all in new/ and of one bucket, out of the queue and adds them to the bucket's count-only report in new/, which is made
 * when there is none. Each is counted once: a process that dies in between leaves what spool_count_settle puts right. reason is one of
 * COUNT_*; like (may be NULL) is the id of a report of this kind that is sent whole. This and the next two are a keeper's (else ST_STATE),
 * who has made sure of each report that its id is open and that none of its twins is outside of new/. */
enum status spool_count_add(struct spool *spool, const char *const *names, size_t count, const char *reason, const char *like);
/* Removes from new/ what a count-only report there counts already. Before anything is moved out of new/ it must have succeeded once, and
 * again after each failed spool_count_add. */
enum status spool_count_settle(struct spool *spool);
/* Moves a count-only report of new/ on to pending/: nothing is added to it any more. */
enum status spool_count_close(struct spool *spool, const char *name);
bool spool_name_is_count(const char *name); /* whether a report's name is a count-only report's */

/* -- limits -- */
struct spool_usage {
    uint64_t reports[SPOOL_STATE_COUNT], bytes[SPOOL_STATE_COUNT];
    uint64_t all_reports, all_bytes; /* of all states; count-only reports are no reports here, but their bytes are bytes */
};
enum status spool_usage(struct spool *spool, struct spool_usage *ret);

struct spool_quota {
    uint64_t max_bytes, max_reports; /* of all states together; 0 = no limit */
};
/* Brings the queue under its quota. What goes first:
 *   1. records of reports that the server has or has thrown away, oldest first;
 *   2. reports that the server refused, oldest first;
 *   3. waiting reports, oldest first, but for the newest with a dump of each bucket;
 *   4. these too, oldest first.
 * What goes in 2 to 4 is counted (spool_count_add), unless it was sent and the answer is not known: that loses its dump and waits on under
 * its id. Count-only reports and what is being sent stay. Of an id that is counted its other reports go too. *ret_removed counts reports. A
 * keeper's. */
enum status spool_quota_enforce(struct spool *spool, const struct spool_quota *quota, size_t *ret_removed);

struct spool_retention {
    uint64_t done_ms;   /* records of done/ and discarded/, and histories of what is not in the queue any more */
    uint64_t failed_ms; /* failed/; what goes is counted, unless it is a count itself */
};
/* Removes what is older. A file from the future is young. A keeper's. */
enum status spool_retain(struct spool *spool, const struct spool_retention *retention, size_t *ret_removed);

/* Moves files' times along with a clock that was set forward by so much (0: it was not): those of before that. Whatever is more than a day
 * ahead of the clock now, as after one that went back, gets its time of now. So nothing is removed too early or kept for years. */
void spool_redate(struct spool *spool, int64_t forward_ms);

/* The event that its sender writes before a report goes out; what cannot be written must not be sent. */
#define SPOOL_EVENT_SENDING "sending"
/* Appends one durable line to a report's history. */
enum status spool_history_add(struct spool *spool, const char *id, const char *event, const char *detail);
/* The whole history of a report as text; ST_NOT_FOUND when it has none. */
enum status spool_history_read(struct spool *spool, const char *id, struct buffer *out);

/* What has become of an id, as far as its history tells; each outweighs those before it. */
enum spool_fate {
    SPOOL_FATE_OPEN,
    SPOOL_FATE_TRIED,     /* it was sent, or about to be: a server may have it */
    SPOOL_FATE_DELIVERED, /* a server took it, or threw it away */
    SPOOL_FATE_COUNTED    /* it is in a count */
};
/* The fate of what goes by key: an id. OPEN when there is no history; an error when there is one that cannot be read now. */
enum status spool_fate_read(struct spool *spool, const char *key, enum spool_fate *ret);
/* The same for an open report; OPEN for one without an id, since its name may be another's tomorrow. */
enum status spool_report_fate(const struct spool_report *report, enum spool_fate *ret);

#endif
