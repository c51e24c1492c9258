/* record.h - a report's facts as text: one `key=value` line each, LF, UTF-8.
 *
 * The same record stands at the end of a report file in the queue (container.h) and as a user stream in the dump (PROTO_STREAM_RECORD).
 * Keys are [A-Za-z0-9._-]; every other byte of a key is %XX. In values '\\', LF, CR and NUL are written \\ \n \r \0.
 * A key may come more than once (attachment); annotations are `annotation.<key>`. No heap, so the WER module can use it. */
#ifndef SALVOR_PROTO_RECORD_H
#define SALVOR_PROTO_RECORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_MAX_BYTES    (1024u * 1024u)
#define PROTO_STREAM_RECORD 0x53560001u /* minidump user stream: a record */
#define PROTO_STREAM_LOG    0x53560002u /* minidump user stream: breadcrumbs of salvor_log, oldest first, LF between lines */

/* Keys. Numbers are decimal, codes 0x-hex; times are Unix seconds. */
#define RECORD_FORMAT         "format" /* "1"; always first */
#define RECORD_ID             "id"     /* UUID of the report */
#define RECORD_APP            "app"    /* program name, such as "app.exe" */
#define RECORD_VERSION        "version"
#define RECORD_ENVIRONMENT    "environment"
#define RECORD_CHANNEL        "channel"
#define RECORD_PID            "pid"
#define RECORD_START          "process_start"
#define RECORD_TIME           "crash_time"
#define RECORD_LAYER          "layer"  /* who wrote the dump: LAYER_* */
#define RECORD_LAYERS         "layers" /* all that saw the death, with blanks between; only where it was more than one */
#define RECORD_SOURCE         "source" /* which hook saw it: veh filter abort ... */
#define RECORD_CODE           "exception_code"
#define RECORD_EXIT_CODE      "exit_code"      /* no-dump reports */
#define RECORD_LOG            "log"            /* no-dump reports: a breadcrumb, once for each line, oldest first */
#define RECORD_REASON         "reason"         /* salvor_dump_now's text */
#define RECORD_WEAK_ID        "weak_identity"  /* "1": the id rests on the file's time */
#define RECORD_FILTER_FAULTED "filter_faulted" /* "1" */
#define RECORD_ANNOTATION     "annotation."    /* prefix */
#define RECORD_UNCLAIMED      "unclaimed"      /* "1": the WER module could not claim the crash, another layer may have it too */
#define RECORD_FAST_FAIL      "fast_fail"      /* subcode of __fastfail */
#define RECORD_FAST_FAIL_NAME "fast_fail_name"
#define RECORD_PRIVATE_BYTES  "private_bytes" /* of the process when it crashed; absent where not known, as the next two */
#define RECORD_COMMIT_BYTES   "commit_bytes"  /* of the whole machine */
#define RECORD_COMMIT_LIMIT   "commit_limit_bytes"
#define RECORD_ADDRESS        "crash_address" /* "module+0xoffset", where the module is known */
#define RECORD_CONSENT        "consent"       /* salvor_set_consent: CONSENT_*; absent where no client was asked */
#define RECORD_CONSENT_OF     "consent_of"    /* whose: a UUID of user and program (uuid_consent_of), under which a later word is kept */
#define RECORD_DUMP_BYTES     "dump_bytes"    /* container: the dump is the file's first bytes; absent or 0 = no dump */
#define RECORD_ATTACHMENT     "attachment"    /* container: "<offset> <size> <name>" */

/* Of a count-only report: so many crashes of one kind whose dumps were not kept. It has an id of its own and counts once under it. */
#define RECORD_COUNT     "count"     /* crashes, 1 or more; its presence makes a record a count-only report's */
#define RECORD_DROPPED   "dropped"   /* why there is no dump, with blanks between: COUNT_* */
#define RECORD_LAST_TIME "last_time" /* of the last crash; crash_time is the first's */
#define RECORD_LIKE      "like"      /* id of a report of the same kind that was sent whole */
#define RECORD_COUNTED   "counted"   /* only while it is added to: id of a crash that is in the count */

/* Words of RECORD_DROPPED. */
#define COUNT_RATE   "rate"   /* above a rate rule */
#define COUNT_SAMPLE "sample" /* not in the sample */
#define COUNT_LOOP   "loop"   /* the program kept crashing */
#define COUNT_QUOTA  "quota"  /* the queue was full */

/* Of a record that is no crash's: it has an id of its own and no dump. */
#define RECORD_KIND       "kind"             /* KIND_*; absent: a crash, a dump without one, or a count of crashes */
#define RECORD_STARTED    "sessions_started" /* sessions: of one program, version and day, which crash_time begins */
#define RECORD_CLEAN      "sessions_clean"
#define RECORD_CRASHED    "sessions_crashed"
#define RECORD_COMMENT_OF "comment_of" /* comment: the report's id */
#define RECORD_COMMENT    "comment"
#define RECORD_NAME       "comment_name"
#define RECORD_EMAIL      "comment_email"

/* Values of RECORD_KIND. */
#define KIND_SESSIONS "sessions"
#define KIND_COMMENT  "comment"

/* Of what the program asked for beyond its dump: what did not come. Each may come more than once. */
#define RECORD_ATTACHMENT_REFUSED "attachment_refused" /* "<name>: <why>" */
#define RECORD_MEMORY_REFUSED     "memory_refused"     /* "0x<address> <size> <why>" */
#define RECORD_STREAM_REFUSED     "stream_refused"     /* "0x<type> <size> <why>" */
#define RECORD_DUMP_CUT           "dump_cut"           /* how the dump was made smaller to fit its bound, as a sentence part */
#define RECORD_BLOCK_DAMAGED      "block_damaged" /* "1": the program had written over its shared block; what was unsound is left out */

/* Values of RECORD_LAYER. */
#define LAYER_MONITOR      "monitor"
#define LAYER_WER          "wer-module"
#define LAYER_LOCALDUMPS   "localdumps"
#define LAYER_IN_PROCESS   "in-process"
#define LAYER_EXIT_WATCHER "exit-watcher"
#define LAYER_INGEST       "ingest" /* given by hand */

/* Values of RECORD_CONSENT. */
#define CONSENT_UNSET "unset"
#define CONSENT_YES   "yes"
#define CONSENT_NO    "no"

/* Writes lines into memory of the caller. What does not fit is left out whole and overflow is set. */
struct record_writer {
    char *data;
    size_t size_bytes, len;
    bool overflow;
};
void record_writer_init(struct record_writer *writer, char *data, size_t size_bytes);
void record_put(struct record_writer *writer, const char *key, const char *value);
void record_put_sized(struct record_writer *writer, const char *prefix, const char *key, size_t key_bytes, const char *value,
                      size_t value_bytes);
void record_put_u64(struct record_writer *writer, const char *key, uint64_t value);
void record_put_hex(struct record_writer *writer, const char *key, uint64_t value);

/* One line as it stands in the record; still escaped. */
struct record_line {
    const char *key, *value;
    size_t key_bytes, value_bytes;
};
/* Steps through a record; *cursor starts at 0. Returns false at the end. Lines without '=' and empty lines are passed over. */
bool record_next(const char *data, size_t size_bytes, size_t *cursor, struct record_line *ret);
/* Unescape into ret, at most ret_size - 1 bytes and a terminator; they return the whole decoded length, as snprintf does. */
size_t record_decode_key(const struct record_line *line, char *ret, size_t ret_size);
size_t record_decode_value(const struct record_line *line, char *ret, size_t ret_size);
/* The first value of key, decoded; false when there is none or it does not fit. */
bool record_get(const char *data, size_t size_bytes, const char *key, char *ret, size_t ret_size);
bool record_get_u64(const char *data, size_t size_bytes, const char *key, uint64_t *ret);

#endif
