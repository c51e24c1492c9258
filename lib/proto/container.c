/* container.c - the footer of a report file and the checksum of its record. */
#include "proto/container.h"
#include "base/bytes.h"
#include "proto/record.h"

enum {
    AT_MAGIC = 0,
    AT_FOOTER_BYTES = 8,
    AT_VERSION = 12,
    AT_RECORD_OFFSET = 16,
    AT_RECORD_BYTES = 24,
    AT_RECORD_CRC32 = 28,
    AT_RESERVED = 32
};

void container_footer_encode(const struct container_footer *footer, uint8_t ret[CONTAINER_FOOTER_BYTES])
{
    bytes_put_u64(ret + AT_MAGIC, CONTAINER_MAGIC);
    bytes_put_u32(ret + AT_FOOTER_BYTES, CONTAINER_FOOTER_BYTES);
    bytes_put_u32(ret + AT_VERSION, CONTAINER_VERSION);
    bytes_put_u64(ret + AT_RECORD_OFFSET, footer->record_offset);
    bytes_put_u32(ret + AT_RECORD_BYTES, footer->record_bytes);
    bytes_put_u32(ret + AT_RECORD_CRC32, footer->record_crc32);
    bytes_put_u64(ret + AT_RESERVED, 0);
}

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

/* Reflected, polynomial 0x04c11db7, a nibble at a time: records are small and the table stays 64 bytes. */
uint32_t container_crc32(const void *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    const uint8_t *p = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}
