/* internal.h - what the files of lib/spool share; nobody else includes it. */
#ifndef SALVOR_SPOOL_INTERNAL_H
#define SALVOR_SPOOL_INTERNAL_H
#include "spool/spool.h"

#define SPOOL_NAME_BYTES      201 /* path_is_plain_name's ceiling and a terminator */
#define SPOOL_ATTACHMENTS_MAX 64

struct spool {
    char *dir, *tmp, *history;
    char *states[SPOOL_STATE_COUNT];
    enum spool_turn turn;
    struct file turn_lock; /* open while it has a turn */
};

struct spool_report {
    struct spool *spool; /* NULL: a file outside of any queue */
    enum spool_state state;
    char *name;
    char id[UUID_TEXT_BYTES];
    char *record;
    size_t record_bytes;
    uint64_t dump_bytes;
    struct spool_attachment *attachments;
    size_t attachment_count;
    struct file file;
    bool claimed; /* ours to give back */
};

/* -- spool.c -- */
/* A copy that the caller frees; NULL without memory. */
char *spool_text_copy(const char *text);
/* The path of name in a state's folder; the caller frees it. NULL without memory. */
char *spool_path(const struct spool *spool, enum spool_state state, const char *name);
/* Makes and locks an empty file in tmp/; name NULL picks one. The caller closes the file and frees the path. */
enum status spool_tmp_create(struct spool *spool, const char *name, struct file *ret, char **ret_path);

/* -- tail.c -- */
/* Appends the record with its lines about the container's layout replaced: a dump of dump_bytes and the given attachment lines. */
enum status spool_record_compose(const char *record, size_t record_bytes, uint64_t dump_bytes, const struct buffer *attachment_lines,
                                 struct buffer *out);
/* Writes a record and its footer at offset; the file ends behind them. */
enum status spool_tail_write(struct file *file, uint64_t offset, const char *record, size_t record_bytes);

/* -- name.c -- */
/* `<app>-<crash_time>-<pid>.dmp` from a record, made safe. */
void spool_name_make(char ret[SPOOL_NAME_BYTES], const char *record, size_t record_bytes);
/* Begins the names of count-only reports: `count-<bucket>-<unix_ts>-0.dmp`. */
#define SPOOL_COUNT_PREFIX "count-"
/* Whether a directory entry's name can be a report's. */
bool spool_name_is_report(const char *name);
/* What a name sorts by: its time, 0 when it carries none, and its -n suffix. */
void spool_name_order(const char *name, uint64_t *ret_time, uint64_t *ret_sequence);
/* Oldest first, as qsort wants it. */
int spool_name_compare(const char *a, const char *b);
/* The length of the program's name in front of `-<unix_ts>-<pid>[-n].dmp`. */
size_t spool_name_program(const char *name);
/* Renames the file at from into a state's folder as name, or with the next free -n; *ret_name is the caller's to free. everywhere: the
 * name must be free in all states, which keeps later moves from having to change it. */
enum status spool_name_place(struct spool *spool, const char *from, enum spool_state state, const char *name, bool everywhere,
                             char **ret_name);

/* -- load.c -- */
/* Reads record and layout of report->file. Errors: ST_TRUNCATED, ST_FORMAT, ST_VERSION, ST_CHECKSUM and those of reading. */
enum status spool_report_load(struct spool_report *report);
/* Frees what spool_report_load stored; may be called twice. */
void spool_report_unload(struct spool_report *report);

/* -- count.c -- */
/* Takes a report of new/, pending/ or failed/ out of the queue and counts it. Its twins of pending/ go to new/ first. ST_NOT_FOUND: it is
 * being sent, or gone. The caller has looked at its fate. */
enum status spool_count_recalled(struct spool *spool, enum spool_state state, const char *name, const char *reason, const char *like);
/* Removes a report of done/, discarded/ or failed/. One that the server refused is counted, unless it is a count itself or no report, or
 * its id has another fate, or another report that waits. */
enum status spool_finished_remove(struct spool *spool, enum spool_state state, const char *name);

/* -- report.c -- */
/* A report object without a file; free with spool_report_free. */
struct spool_report *spool_report_new(struct spool *spool, enum spool_state state, const char *name);
void spool_report_free(struct spool_report *report); /* closes the file, moves nothing; accepts NULL */
/* What its history is called: the id, or the name without .dmp when there is none. */
void spool_report_history_key(const struct spool_report *report, char ret[SPOOL_NAME_BYTES]);
/* Whether a report that could not be loaded will never load, as against one that could not be read just now. */
bool spool_status_is_damage(enum status status);
/* Puts a damaged report into failed/ with its reason in the history. */
enum status spool_report_bury_open(struct spool_report *report, enum status why);

/* -- cut.c -- */
struct spool_cut {
    struct file file;
    char *path;
};
/* Writes the report without dump and attachments beside the queue, for the state it is about to go to. False, and nothing left, when that
 * cannot be done: then the report keeps its dump. */
bool spool_cut_prepare(struct spool_report *report, enum spool_state state, struct spool_cut *ret);
/* Replaces the report by what was prepared, or drops that when the report was not moved. Frees cut. */
void spool_cut_finish(struct spool_report *report, struct spool_cut *cut, bool is_moved);
/* If the file (in tmp/ at path, open and locked, the caller's) was prepared for a report that now waits for it: replaces that report. False
 * when the file is of no more use. */
bool spool_cut_recover(struct spool *spool, struct file *file, const char *path, const char *name);

/* -- history.c -- */
/* The event of an id that is in a count. Its line is there before its reports go. */
#define SPOOL_EVENT_COUNTED "counted"
/* As spool_history_add; state other than SPOOL_STATE_COUNT goes into the line as ` state=<name>` right behind the event. */
enum status spool_history_append(struct spool *spool, const char *key, const char *event, enum spool_state state, const char *detail);
/* The state that the last whole line of a history names; SPOOL_STATE_COUNT when it names none, or there is no history. */
enum status spool_history_last_state(struct spool *spool, const char *key, enum spool_state *ret);

#endif
