/* wer.h - what a client hands to WerRegisterRuntimeExceptionModule: the WER module reads it out of the crashed process.
 *
 * Hostile like everything in the target: the module checks magic, version and size, duplicates the section itself, and believes nothing
 * further before block_check has seen a copy. */
#ifndef SALVOR_PROTO_WER_H
#define SALVOR_PROTO_WER_H
#include <assert.h>
#include <stdint.h>

#define WER_CONTEXT_MAGIC   0x52455753u /* "SWER" */
#define WER_CONTEXT_VERSION 1u

struct wer_context {
    uint32_t magic, version, size_bytes, reserved;
    uint64_t section; /* handle value in the client; 0 = no monitor, the block lies in the client's own memory */
    uint64_t block;   /* address of the struct block in the client */
};

static_assert(sizeof(struct wer_context) == 32, "wer_context is the same for 32- and 64-bit clients");

#endif
