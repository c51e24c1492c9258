/* container_read.c - reads the footer of a report file; apart from its writing, which is all that the client library needs. */
#include "base/bytes.h"
#include "proto/container.h"
#include "proto/container_footer.h"
#include "proto/record.h"

const char *container_footer_decode(const uint8_t bytes[CONTAINER_FOOTER_BYTES], uint64_t file_bytes, struct container_footer *ret)
{
    if (file_bytes < CONTAINER_FOOTER_BYTES)
        return "is shorter than a report's footer";
    if (bytes_u64(bytes + AT_MAGIC) != CONTAINER_MAGIC)
        return "does not end with a report's footer";
    if (bytes_u32(bytes + AT_VERSION) != CONTAINER_VERSION)
        return "is a report of a version that is not understood";
    if (bytes_u32(bytes + AT_FOOTER_BYTES) != CONTAINER_FOOTER_BYTES)
        return "states a footer size that is not its version's";
    struct container_footer footer = {
        .record_offset = bytes_u64(bytes + AT_RECORD_OFFSET),
        .record_bytes = bytes_u32(bytes + AT_RECORD_BYTES),
        .record_crc32 = bytes_u32(bytes + AT_RECORD_CRC32),
    };
    uint64_t before_footer = file_bytes - CONTAINER_FOOTER_BYTES;
    if (footer.record_bytes > RECORD_MAX_BYTES)
        return "states a record that is longer than allowed";
    if (footer.record_offset > before_footer || footer.record_bytes != before_footer - footer.record_offset)
        return "states a record that does not end where the footer begins";
    *ret = footer;
    return NULL;
}
