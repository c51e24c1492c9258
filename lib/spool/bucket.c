/* bucket.c - which reports are of one kind, as far as their records tell. */
#include "base/text.h"
#include "spool/internal.h"
#include <string.h>

#define VALUE_BYTES 512

void spool_bucket(const char *record, size_t record_bytes, char ret[SPOOL_BUCKET_BYTES])
{
    static const uint8_t space[16] = {0x7c, 0x02, 0xd5, 0x91, 0x4e, 0x6a, 0x4b, 0x1d, 0x9f, 0x38, 0x60, 0xe7, 0x25, 0xbb, 0x13, 0xfa};
    static const char *const keys[] = {RECORD_APP, RECORD_VERSION, RECORD_CODE, RECORD_EXIT_CODE, RECORD_ADDRESS};
    char text[sizeof keys / sizeof *keys][VALUE_BYTES];
    uint8_t uuid[16];

    memset(text, 0, sizeof text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!record_get(record, record_bytes, keys[i], text[i], VALUE_BYTES))
            text[i][0] = 0;
        memset(text[i] + strlen(text[i]), 0, VALUE_BYTES - strlen(text[i]));
    }
    uuid_v5(uuid, space, text, sizeof text);
    text_hex(ret, uuid, (SPOOL_BUCKET_BYTES - 1) / 2);
}

uint64_t spool_record_count(const char *record, size_t record_bytes)
{
    uint64_t count = 0;

    return record_get_u64(record, record_bytes, RECORD_COUNT, &count) ? count : 0;
}

bool spool_name_is_count(const char *name)
{
    return text_starts(name, SPOOL_COUNT_PREFIX) && spool_name_is_report(name);
}
