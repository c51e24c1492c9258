/* uuid.c - see uuid.h. */
#include "proto/uuid.h"
#include "base/bytes.h"
#include "proto/sha1.h"
#include <string.h>

static void uuid_from_sha1(uint8_t ret[16], struct sha1 *sha1)
{
    uint8_t digest[SHA1_BYTES];
    sha1_end(sha1, digest);
    memcpy(ret, digest, 16);
    ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x50);
    ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

void uuid_v5(uint8_t ret[16], const uint8_t space[16], const void *name, size_t name_bytes)
{
    struct sha1 sha1;
    sha1_begin(&sha1);
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
    struct sha1 sha1;
    uint8_t uuid[16];
    sha1_begin(&sha1);
    sha1_add(&sha1, space, 16);
    sha1_add(&sha1, machine_id, 16);
    sha1_add(&sha1, sid, sid_bytes);
    sha1_add(&sha1, app, strlen(app));
    uuid_from_sha1(uuid, &sha1);
    uuid_format(ret, uuid);
}
