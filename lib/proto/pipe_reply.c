/* pipe_reply.c - checks what a client is answered; apart from pipe.c, since the client library needs this alone. */
#include "proto/block.h"
#include "proto/pipe.h"

#define LEADING_BYTES (3 * sizeof(uint32_t))

const char *pipe_reply_check(const struct pipe_reply *reply, size_t size_bytes)
{
    if (size_bytes < LEADING_BYTES)
        return "is shorter than a reply's first fields";
    if (reply->magic != PIPE_MAGIC)
        return "does not begin with the protocol's magic number";
    if (reply->version != PIPE_VERSION)
        return "is of a protocol version that is not understood";
    if (reply->size_bytes != sizeof *reply || size_bytes != sizeof *reply)
        return "is not as long as its version's reply";
    if (reply->verdict != PIPE_ACCEPTED)
        return NULL; /* a sound refusal: the rest says nothing */
    if (!reply->section || !reply->request_event || !reply->done_event || !reply->monitor)
        return "accepts without giving every handle";
    if (reply->block_bytes != sizeof(struct block))
        return "gives a shared block of another size";
    return NULL;
}
