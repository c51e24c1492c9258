/* sha1.c - see sha1.h. */
#include "proto/sha1.h"
#include <string.h>

void sha1_begin(struct sha1 *sha1)
{
    static const struct sha1 start = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
    *sha1 = start;
}

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t load_big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_big_endian(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round / 20) {
    case 0:
        return ((b & c) | (~b & d)) + 0x5a827999;
    case 1:
        return (b ^ c ^ d) + 0x6ed9eba1;
    case 2:
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    default:
        return (b ^ c ^ d) + 0xca62c1d6;
    }
}

static void sha1_block(struct sha1 *sha1)
{
    uint32_t words[80], state[5];
    for (size_t i = 0; i < 16; i++)
        words[i] = load_big_endian(sha1->block + 4 * i);
    for (unsigned i = 16; i < 80; i++)
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    memcpy(state, sha1->state, sizeof state);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next = rotate(state[0], 5) + mix(i, state[1], state[2], state[3]) + state[4] + words[i];
        state[4] = state[3];
        state[3] = state[2];
        state[2] = rotate(state[1], 30);
        state[1] = state[0];
        state[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        sha1->state[i] += state[i];
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    while (size) {
        size_t used = sha1->size_bytes % 64, step = 64 - used < size ? 64 - used : size;
        memcpy(sha1->block + used, p, step);
        sha1->size_bytes += step;
        p += step;
        size -= step;
        if (used + step == 64)
            sha1_block(sha1);
    }
}

void sha1_end(struct sha1 *sha1, uint8_t ret[SHA1_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = sha1->size_bytes * 8;
    uint8_t length[8];
    store_big_endian(length, (uint32_t)(bits >> 32));
    store_big_endian(length + 4, (uint32_t)bits);
    sha1_add(sha1, padding, 1 + (119 - sha1->size_bytes % 64) % 64);
    sha1_add(sha1, length, sizeof length);
    for (size_t i = 0; i < 5; i++)
        store_big_endian(ret + 4 * i, sha1->state[i]);
}
