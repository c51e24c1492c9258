/* pipe.h - registration of a client with a monitor over a named pipe: one HELLO, one REPLY, then the pipe is closed.
 *
 * Messages are fixed structs, little-endian, magic, version and size first; a reader checks all three. The monitor checks pid against
 * GetNamedPipeClientProcessId and start_filetime against GetProcessTimes; handles in the reply are values in the client. */
#ifndef SALVOR_PROTO_PIPE_H
#define SALVOR_PROTO_PIPE_H
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define PIPE_MAGIC           0x4f4c5653u /* "SVLO" */
#define PIPE_VERSION         1u
#define PIPE_MAX_MESSAGE     4096u
#define PIPE_READ_TIMEOUT_MS 2000u
#define PIPE_SERVICE_NAME    "\\\\.\\pipe\\salvor"  /* the machine-wide collector's */
#define PIPE_CHILD_PREFIX    "\\\\.\\pipe\\salvor-" /* a child monitor's: prefix, client pid, '-', 32 hex digits */

struct pipe_hello {
    uint32_t magic, version, size_bytes;
    uint32_t pid;
    uint64_t start_filetime;
    uint32_t pointer_bits;  /* 32 or 64 */
    uint32_t block_version; /* BLOCK_VERSION */
    uint32_t flags;         /* 0 */
    uint32_t reserved;
};

/* pipe_reply.verdict */
enum pipe_verdict {
    PIPE_ACCEPTED = 0,
    PIPE_BAD_MESSAGE = 1,
    PIPE_BAD_VERSION = 2,
    PIPE_BAD_IDENTITY = 3, /* pid or start time is not the pipe client's */
    PIPE_TOO_MANY = 4,
    PIPE_INTERNAL = 5
};

struct pipe_reply {
    uint32_t magic, version, size_bytes;
    uint32_t verdict;
    uint64_t section;       /* struct block, SECTION_MAP_READ | SECTION_MAP_WRITE */
    uint64_t request_event; /* the client sets it: EVENT_MODIFY_STATE */
    uint64_t done_event;    /* the monitor sets it: SYNCHRONIZE; auto-reset */
    uint64_t monitor;       /* the monitor process: SYNCHRONIZE */
    uint32_t monitor_pid;
    uint32_t block_bytes; /* sizeof(struct block) as the monitor knows it */
    uint32_t is_service;  /* 0 or 1 */
    uint32_t reserved;
};

static_assert(sizeof(struct pipe_hello) == 40, "pipe_hello is 40 bytes on the wire");
static_assert(sizeof(struct pipe_reply) == 64, "pipe_reply is 64 bytes on the wire");

/* Why a message is refused, as one sentence part, and the verdict to answer with; NULL when it is sound. size_bytes is what was received.
 */
const char *pipe_hello_check(const struct pipe_hello *hello, size_t size_bytes, enum pipe_verdict *ret_verdict);
const char *pipe_reply_check(const struct pipe_reply *reply, size_t size_bytes);
/* "not understood", "identity not proven" ...; static. */
const char *pipe_verdict_text(uint32_t verdict);

#endif
