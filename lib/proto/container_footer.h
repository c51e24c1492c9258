/* container_footer.h - where the fields of a report file's footer stand; for those who write and read it. */
#ifndef SALVOR_PROTO_CONTAINER_FOOTER_H
#define SALVOR_PROTO_CONTAINER_FOOTER_H

enum {
    AT_MAGIC = 0,
    AT_FOOTER_BYTES = 8,
    AT_VERSION = 12,
    AT_RECORD_OFFSET = 16,
    AT_RECORD_BYTES = 24,
    AT_RECORD_CRC32 = 28,
    AT_RESERVED = 32
};

#endif
