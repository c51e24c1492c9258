/* fuzz_block.c - a shared block that a hostile client wrote into: whatever block_check lets through, and all that block_mend leaves, can be
 * read without a further check.
 *
 * The block is far longer than a fuzzer's inputs, so the input is a list of places in a good one that are overwritten: three bytes of
 * offset, one of length, then the bytes. The first byte chooses how much of the block there is. */
#include "base/bytes.h"
#include "fuzz.h"
#include "proto/block.h"
#include "proto/report.h"
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                                                                                    \
    do {                                                                                                                                   \
        if (!(condition))                                                                                                                  \
            abort();                                                                                                                       \
    } while (0)

static const struct block_owner owner = {42, 64, 130000000000000000u};
static struct block block;

static void fill(const uint8_t *data, size_t size)
{
    memset(&block, 0, sizeof block);
    block.magic = BLOCK_MAGIC;
    block.version = BLOCK_VERSION;
    block.size_bytes = sizeof block;
    block.pointer_bits = 64;
    for (size_t i = 0; size - i >= 4;) {
        size_t offset = ((size_t)data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16) % sizeof block;
        size_t length = data[i + 3];
        i += 4;
        if (length > size - i)
            length = size - i;
        if (length > sizeof block - offset)
            length = sizeof block - offset;
        memcpy((uint8_t *)&block + offset, data + i, length);
        i += length;
    }
}

#define MUST_END(array) MUST(memchr(array, 0, sizeof(array)))

static void check_accepted(void)
{
    MUST(block.exception.parameter_count <= BLOCK_MAX_PARAMETERS && block.exception.context_size_bytes <= BLOCK_MAX_CONTEXT);
    MUST_END(block.report_id);
    MUST_END(block.reason);
    MUST_END(block.app);
    MUST_END(block.app_version);
    MUST_END(block.environment);
    MUST_END(block.channel);
    MUST_END(block.spool_dir);
    MUST_END(block.inbox);
    MUST_END(block.url);
    MUST_END(block.key);
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        MUST_END(block.attachments[i]);
    for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++)
        MUST(block.annotations[i].key_bytes <= BLOCK_MAX_KEY && block.annotations[i].value_bytes <= BLOCK_MAX_VALUE);
    for (size_t i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++)
        MUST(!block.memory[i].size_bytes || block.memory[i].address + (block.memory[i].size_bytes - 1) >= block.memory[i].address);
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++)
        MUST(!block.streams[i].size_bytes || block.streams[i].address + (block.streams[i].size_bytes - 1) >= block.streams[i].address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[64 * 1024];
    static uint8_t log[BLOCK_LOG_BYTES];
    struct record_writer writer;

    if (size == 0)
        return 0;
    fill(data + 1, size - 1);
    if (data[0] == 2)
        block_mend(&block, &owner);
    else if (block_check(&block, data[0] == 1 ? sizeof block - 1 : sizeof block))
        return 0;
    check_accepted();
    record_writer_init(&writer, text, sizeof text);
    report_put_client(&writer, &block);
    MUST(writer.len <= sizeof text);
    MUST(report_log(&block, log) <= sizeof log);
    return 0;
}
