/* fuzz_pipe.c - messages of the registration pipe, as long as they came and not a byte longer: a read behind the end is seen. */
#include "fuzz.h"
#include "proto/block.h"
#include "proto/pipe.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum pipe_verdict verdict = PIPE_INTERNAL;
    void *message = malloc(size ? size : 1);

    if (!message)
        abort();
    if (size)
        memcpy(message, data, size);

    const struct pipe_hello *hello = message;
    const char *why = pipe_hello_check(hello, size, &verdict);
    if (!why != (verdict == PIPE_ACCEPTED))
        abort();
    if (!why && (size != sizeof *hello || hello->pid == 0 || hello->block_version != BLOCK_VERSION))
        abort();

    const struct pipe_reply *reply = message;
    if (!pipe_reply_check(reply, size)) {
        if (size != sizeof *reply || (reply->verdict == PIPE_ACCEPTED && (!reply->section || reply->block_bytes != sizeof(struct block))))
            abort();
        if (!pipe_verdict_text(reply->verdict))
            abort();
    }
    free(message);
    return 0;
}
