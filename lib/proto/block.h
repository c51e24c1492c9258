/* block.h - the shared block: what a client leaves for whoever writes its dump.
 *
 * The monitor makes the section and duplicates it into the client; the WER module duplicates it out of the target. The client may be
 * hostile: a reader copies the block once and then checks the copy with block_check before it believes any length in it.
 * Integers are little-endian and of fixed width, so 32- and 64-bit processes share one layout. Limits equal those of salvor.h, which
 * veh/ asserts. Text is UTF-8 with a terminator. */
#ifndef SALVOR_PROTO_BLOCK_H
#define SALVOR_PROTO_BLOCK_H
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_MAGIC   0x4b4c4253u /* "SBLK" */
#define BLOCK_VERSION 3u

#define BLOCK_MAX_ANNOTATIONS   128
#define BLOCK_MAX_KEY           64
#define BLOCK_MAX_VALUE         2048
#define BLOCK_MAX_ATTACHMENTS   16
#define BLOCK_MAX_PATH          4096
#define BLOCK_MAX_MEMORY_RANGES 32
#define BLOCK_MAX_STREAMS       8
#define BLOCK_LOG_BYTES         65536
#define BLOCK_MAX_NAME          128
#define BLOCK_MAX_URL           1024
#define BLOCK_MAX_CONTEXT       2048 /* x64 CONTEXT is 1232 bytes, arm64 912, x86 716 */
#define BLOCK_MAX_PARAMETERS    15

/* block.state. Who moves it: the client IDLE -> CLAIMED -> REQUESTED (and back to IDLE when its filter says no), the monitor REQUESTED ->
 * DUMPING -> DONE or FAILED; the WER module IDLE -> CLAIMED -> DUMPING -> DONE or FAILED by compare-and-swap. */
enum block_state {
    BLOCK_IDLE = 0,
    BLOCK_CLAIMED = 1,   /* an owner copies the fault or asks its user filter */
    BLOCK_REQUESTED = 2, /* the fault is complete; the request event was or will be set */
    BLOCK_DUMPING = 3,
    BLOCK_DONE = 4,
    BLOCK_FAILED = 5
};

/* block.request: why a dump is wanted. */
enum block_request {
    BLOCK_REQUEST_NONE = 0,
    BLOCK_REQUEST_CRASH = 1,
    BLOCK_REQUEST_DUMP_NOW = 2,
    BLOCK_REQUEST_HANG = 3,
    BLOCK_REQUEST_COMMENT = 4
};

/* block.phase: how far the owner came; a fault in BLOCK_PHASE_FILTER dumps the original fault, tagged. */
enum block_phase { BLOCK_PHASE_NONE = 0, BLOCK_PHASE_COPY = 1, BLOCK_PHASE_FILTER = 2, BLOCK_PHASE_WAIT = 3 };

/* block.source: which hook in the client saw the fault. */
enum block_source {
    BLOCK_SOURCE_NONE = 0,
    BLOCK_SOURCE_VEH = 1,
    BLOCK_SOURCE_FILTER = 2,
    BLOCK_SOURCE_ABORT = 3,
    BLOCK_SOURCE_INVALID_PARAMETER = 4,
    BLOCK_SOURCE_PURECALL = 5,
    BLOCK_SOURCE_CALL = 6, /* salvor_handle_exception, salvor_dump_now */
    BLOCK_SOURCE_WER = 7,
    BLOCK_SOURCE_HANG = 8
};

/* block.last_resort: what the client does when no monitor answers; chosen at install. */
enum block_last_resort { BLOCK_RESORT_NONE = 0, BLOCK_RESORT_WER = 1, BLOCK_RESORT_IN_PROCESS = 2 };

/* block.consent, block.dump_kind and block.after_dump carry salvor.h's words. */
#define BLOCK_CONSENT_UNSET  0u
#define BLOCK_CONSENT_YES    1u
#define BLOCK_CONSENT_NO     2u
#define BLOCK_MAX_DUMP_KIND  3u
#define BLOCK_MAX_AFTER_DUMP 1u

struct block_exception {
    uint32_t code, flags;
    uint64_t address;         /* ExceptionAddress */
    uint32_t parameter_count; /* <= BLOCK_MAX_PARAMETERS */
    uint32_t thread_id;
    uint64_t parameters[BLOCK_MAX_PARAMETERS];
    uint32_t context_size_bytes; /* of the client's CONTEXT; 0 = none */
    uint32_t reserved;
    uint8_t context[BLOCK_MAX_CONTEXT];
};

struct block_annotation {
    uint32_t sequence;               /* seqlock: odd while it is written */
    uint16_t key_bytes, value_bytes; /* without terminators; key_bytes 0 = free */
    char key[BLOCK_MAX_KEY];
    char value[BLOCK_MAX_VALUE];
};

struct block_range {
    uint64_t address, size_bytes; /* size 0 = free */
};

struct block_stream {
    uint64_t address, size_bytes; /* size 0 = free */
    uint32_t type, reserved;
};

/* BLOCK_REQUEST_COMMENT: a user's words on an earlier report, at the next start. */
struct block_comment {
    char report_id[40], name[128], email[256], text[4096];
};

struct block {
    uint32_t magic, version, size_bytes, pointer_bits;
    uint32_t pid, flags;          /* salvor_options.flags */
    uint64_t start_filetime;      /* process creation, FILETIME */
    uint32_t state, owner_thread; /* enum block_state; volatile access by interlocked operations only */
    uint32_t progress;            /* the dump's writer adds 1 whenever it gets on */
    uint32_t request, phase, source;
    uint32_t filter_faulted; /* 1: the user filter itself faulted */
    uint32_t clean_exit;     /* 1: the program ended on purpose */
    uint32_t last_resort;
    uint32_t dump_kind, after_dump, consent;
    uint32_t handlers, result; /* result: enum status of the last dump, set before DONE or FAILED */
    uint64_t max_dump_bytes;
    uint64_t heartbeat; /* steady milliseconds of the client's last salvor_heartbeat; 0 = never */
    uint32_t hang_timeout_ms;
    uint32_t damaged; /* 1 in a copy in which block_check or block_mend found something unsound; nothing in the live block */
    uint64_t crash_filetime;
    uint64_t most_dump_bytes; /* the monitor's policy for dumps of this program: their size; 0 = no bound; */
    uint32_t most_dump_kind;  /* and their kind; 0 = as the program asks */
    uint32_t reserved;
    struct block_exception exception;
    char report_id[40]; /* of the last dump, set before DONE */
    char reason[256];   /* salvor_dump_now's */
    char app[BLOCK_MAX_NAME], app_version[BLOCK_MAX_NAME], environment[BLOCK_MAX_NAME], channel[BLOCK_MAX_NAME];
    char spool_dir[BLOCK_MAX_PATH];
    char inbox[BLOCK_MAX_PATH]; /* the monitor's: where the WER module and the last resort leave reports; "" = the queue in spool_dir */
    char url[BLOCK_MAX_URL];
    char key[BLOCK_MAX_NAME];
    struct block_range memory[BLOCK_MAX_MEMORY_RANGES];
    struct block_stream streams[BLOCK_MAX_STREAMS];
    char attachments[BLOCK_MAX_ATTACHMENTS][BLOCK_MAX_PATH]; /* "" = free */
    struct block_annotation annotations[BLOCK_MAX_ANNOTATIONS];
    struct block_comment comment;
    uint64_t log_written; /* bytes ever written to the ring */
    uint8_t log[BLOCK_LOG_BYTES];
};

static_assert(sizeof(struct block_exception) == 152 + BLOCK_MAX_CONTEXT, "block_exception has no hidden padding");
static_assert(sizeof(struct block_annotation) == 8 + BLOCK_MAX_KEY + BLOCK_MAX_VALUE, "block_annotation has no hidden padding");
static_assert(offsetof(struct block, exception) % 8 == 0, "block.exception is aligned for 32- and 64-bit compilers alike");
static_assert(offsetof(struct block, log_written) % 8 == 0, "block.log_written is aligned for 32- and 64-bit compilers alike");

/* Why a block is refused, as one sentence part; NULL when it is one: its head is right. What is unsound behind the head is then dropped
 * field by field, and the copy marked as damaged: after that every text ends inside its array and every count is within its limit. For a
 * reader who does not know whose block it is. */
const char *block_check(struct block *copy, size_t size_bytes);

/* Whose block it is, where the reader knows. */
struct block_owner {
    uint32_t pid, pointer_bits;
    uint64_t start_filetime;
};
/* The same for a block that the reader made himself: a program that wrote over all of it loses what it said there and nothing else. */
void block_mend(struct block *copy, const struct block_owner *owner);

#endif
