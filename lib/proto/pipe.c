/* pipe.c - checks what a client says through the pipe; pipe_reply.c what it is answered. Nothing behind the three leading fields is looked
 * at before they are right. */
#include "proto/pipe.h"
#include "proto/block.h"

#define LEADING_BYTES (3 * sizeof(uint32_t))

const char *pipe_hello_check(const struct pipe_hello *hello, size_t size_bytes, enum pipe_verdict *ret_verdict)
{
    *ret_verdict = PIPE_BAD_MESSAGE;
    if (size_bytes < LEADING_BYTES)
        return "is shorter than a greeting's first fields";
    if (hello->magic != PIPE_MAGIC)
        return "does not begin with the protocol's magic number";
    if (hello->version != PIPE_VERSION) {
        *ret_verdict = PIPE_BAD_VERSION;
        return "is of a protocol version that is not understood";
    }
    if (hello->size_bytes != sizeof *hello || size_bytes != sizeof *hello)
        return "is not as long as its version's greeting";
    if (hello->pointer_bits != 32 && hello->pointer_bits != 64)
        return "is of a process that is neither 32- nor 64-bit";
    if (hello->pid == 0)
        return "names no process";
    if (hello->flags != 0)
        return "asks for something that is not understood";
    if (hello->block_version != BLOCK_VERSION) {
        *ret_verdict = PIPE_BAD_VERSION;
        return "wants a shared block of a version that is not understood";
    }
    *ret_verdict = PIPE_ACCEPTED;
    return NULL;
}

const char *pipe_verdict_text(uint32_t verdict)
{
    static const char *const texts[] = {
        [PIPE_ACCEPTED] = "accepted",
        [PIPE_BAD_MESSAGE] = "not understood",
        [PIPE_BAD_VERSION] = "protocol version not understood",
        [PIPE_BAD_IDENTITY] = "identity not proven",
        [PIPE_TOO_MANY] = "too many clients",
        [PIPE_INTERNAL] = "the monitor failed",
    };
    return verdict < sizeof texts / sizeof texts[0] ? texts[verdict] : "unknown verdict";
}
