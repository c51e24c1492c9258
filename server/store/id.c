/* id.c - see id.h. 48 bits of Unix milliseconds, 12 bits of sequence within a millisecond, 62 random bits. */
#include "store/id.h"
#include "base/clock.h"
#include "base/text.h"
#include <sodium.h>
#include <stdatomic.h>

/* milliseconds << 12 | sequence of the last id; never goes back, so a clock that does cannot disturb the order. */
static _Atomic uint64_t last_stamp;

static uint64_t next_stamp(void)
{
    uint64_t now = (uint64_t)clock_unix_ms() << 12;
    uint64_t last = atomic_load(&last_stamp);
    uint64_t next;
    do
        next = now > last ? now : last + 1;
    while (!atomic_compare_exchange_weak(&last_stamp, &last, next));
    return next;
}

void id_new(char ret[UUID_TEXT_BYTES])
{
    uint8_t uuid[16];
    uint64_t stamp = next_stamp();
    uint64_t ms = stamp >> 12;
    randombytes_buf(uuid, sizeof uuid);
    for (unsigned i = 0; i < 6; i++)
        uuid[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0f));
    uuid[7] = (uint8_t)stamp;
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    uuid_format(ret, uuid);
}

bool id_read(char ret[UUID_TEXT_BYTES], const char *text)
{
    uint8_t uuid[16];
    if (!uuid_parse(uuid, text_starts_nocase(text, "bp-") ? text + 3 : text))
        return false;
    uuid_format(ret, uuid);
    return true;
}

void id_secret(char ret[ID_SECRET_BYTES])
{
    uint8_t secret[16];
    randombytes_buf(secret, sizeof secret);
    text_hex(ret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
}
