/* fuzz_container.c - the end of a report file: eight bytes of file size, then a footer. */
#include "base/bytes.h"
#include "fuzz.h"
#include "proto/container.h"
#include "proto/record.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct container_footer footer;
    uint8_t again[CONTAINER_FOOTER_BYTES];

    if (size < 8 + CONTAINER_FOOTER_BYTES)
        return 0;
    uint64_t file_bytes = bytes_u64(data);
    (void)container_crc32(data, size);
    if (container_footer_decode(data + 8, file_bytes, &footer))
        return 0;
    if (footer.record_bytes > RECORD_MAX_BYTES || footer.record_offset > file_bytes ||
        footer.record_bytes + CONTAINER_FOOTER_BYTES != file_bytes - footer.record_offset)
        abort();
    container_footer_encode(&footer, again);
    if (memcmp(again, data + 8, CONTAINER_FOOTER_BYTES - 8) != 0) /* the last eight are reserved */
        abort();
    return 0;
}
