/* sha1.h - SHA-1 (RFC 3174), for what others name things by: version 5 UUIDs and the chunks of symbol uploads. It protects nothing. */
#ifndef SALVOR_PROTO_SHA1_H
#define SALVOR_PROTO_SHA1_H
#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20

struct sha1 {
    uint32_t state[5];
    uint8_t block[64];
    uint64_t size_bytes;
};

void sha1_begin(struct sha1 *sha1);
void sha1_add(struct sha1 *sha1, const void *bytes, size_t size);
void sha1_end(struct sha1 *sha1, uint8_t ret[SHA1_BYTES]);

#endif
