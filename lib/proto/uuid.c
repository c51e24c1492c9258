/* uuid.c - SHA-1 (RFC 3174) as version 5 UUIDs need it. Here it names things; it protects nothing. */
#include "proto/uuid.h"
#include "base/bytes.h"
#include <string.h>

struct sha1 {
    uint32_t state[5];
    uint8_t block[64];
    uint64_t size_bytes;
};

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

static void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
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

static void sha1_end(struct sha1 *sha1, uint8_t ret[20])
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

static const struct sha1 sha1_start = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};

static void uuid_from_sha1(uint8_t ret[16], struct sha1 *sha1)
{
    uint8_t digest[20];
    sha1_end(sha1, digest);
    memcpy(ret, digest, 16);
    ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x50);
    ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

void uuid_v5(uint8_t ret[16], const uint8_t space[16], const void *name, size_t name_bytes)
{
    struct sha1 sha1 = sha1_start;
    sha1_add(&sha1, space, 16);
    sha1_add(&sha1, name, name_bytes);
    uuid_from_sha1(ret, &sha1);
}

static bool hyphen_before(unsigned byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_format(char ret[UUID_TEXT_BYTES], const uint8_t uuid[16])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        if (hyphen_before(i))
            *ret++ = '-';
        *ret++ = digits[uuid[i] >> 4];
        *ret++ = digits[uuid[i] & 15];
    }
    *ret = 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(uint8_t ret[16], const char *text)
{
    uint8_t uuid[16];
    bool braces = text[0] == '{';
    text += braces;
    size_t hyphen = strcspn(text, "-");
    bool hyphens = hyphen == 8;
    for (unsigned i = 0; i < 16; i++) {
        if (hyphens && hyphen_before(i) && *text++ != '-')
            return false;
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (braces && *text++ != '}')
        return false;
    if (*text)
        return false;
    memcpy(ret, uuid, sizeof uuid);
    return true;
}

void uuid_report_id(char ret[UUID_TEXT_BYTES], const uint8_t machine_id[16], uint32_t pid, int64_t process_start_unix, uint32_t sequence)
{
    /* Salvor's own name space, drawn at random once. It and the order of the bytes below can never change: two layers of different
     * versions must arrive at the same id. */
    static const uint8_t space[16] = {0x23, 0x71, 0x73, 0xf7, 0xdc, 0x47, 0x4c, 0x21, 0xb9, 0x51, 0x64, 0x02, 0xd6, 0x26, 0xfd, 0x2a};
    uint8_t name[32], uuid[16];
    memcpy(name, machine_id, 16);
    bytes_put_u32(name + 16, pid);
    bytes_put_u64(name + 20, (uint64_t)process_start_unix);
    bytes_put_u32(name + 28, sequence);
    uuid_v5(uuid, space, name, sizeof name);
    uuid_format(ret, uuid);
}

void uuid_consent_of(char ret[UUID_TEXT_BYTES], const uint8_t machine_id[16], const void *sid, size_t sid_bytes, const char *app)
{
    static const uint8_t space[16] = {0x6c, 0x0e, 0x55, 0x1a, 0x9f, 0x28, 0x4d, 0x73, 0xa4, 0x19, 0xd7, 0x3b, 0x60, 0xfe, 0x82, 0xc5};
    struct sha1 sha1 = sha1_start;
    uint8_t uuid[16];
    sha1_add(&sha1, space, 16);
    sha1_add(&sha1, machine_id, 16);
    sha1_add(&sha1, sid, sid_bytes);
    sha1_add(&sha1, app, strlen(app));
    uuid_from_sha1(uuid, &sha1);
    uuid_format(ret, uuid);
}
