/* container.c - writes the footer of a report file and sums its record; container_read.c reads it. */
#include "proto/container.h"
#include "base/bytes.h"
#include "proto/container_footer.h"

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
