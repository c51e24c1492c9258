/* container.h - a report file in the queue: an ordinary minidump with our record behind it.
 *
 *   offset 0          the minidump, RECORD_DUMP_BYTES long (absent in a no-dump report)
 *                     attachments, each at the offset that its RECORD_ATTACHMENT line names
 *   record_offset     the record (record.h)
 *   end - 40          struct container_footer
 *
 * So one crash is one file, complete by one rename, and a debugger opens it as it is. */
#ifndef SALVOR_PROTO_CONTAINER_H
#define SALVOR_PROTO_CONTAINER_H
#include <stddef.h>
#include <stdint.h>

#define CONTAINER_MAGIC        0x31545052564c4153ull /* "SALVRPT1" */
#define CONTAINER_VERSION      1u
#define CONTAINER_FOOTER_BYTES 40u

struct container_footer {
    uint64_t record_offset;
    uint32_t record_bytes; /* <= RECORD_MAX_BYTES */
    uint32_t record_crc32; /* ISO-HDLC CRC-32 of the record, as zlib's crc32 */
};

/* Footer as bytes: magic u64, footer size u32, version u32, record_offset u64, record_bytes u32, record_crc32 u32, reserved u64 (0). */
void container_footer_encode(const struct container_footer *footer, uint8_t ret[CONTAINER_FOOTER_BYTES]);
/* Reads the last CONTAINER_FOOTER_BYTES of a file of file_bytes; returns NULL, or why it is refused as one sentence part. */
const char *container_footer_decode(const uint8_t bytes[CONTAINER_FOOTER_BYTES], uint64_t file_bytes, struct container_footer *ret);

uint32_t container_crc32(const void *bytes, size_t size);

#endif
