/* fuzz_record.c - a record's text: what is read from anything can be written again and then reads the same. */
#include "fuzz.h"
#include "proto/record.h"
#include <stdlib.h>
#include <string.h>

/* Writes the decoded line anew and compares what comes back. */
static void check_round(const struct record_line *line)
{
    size_t key_bytes = record_decode_key(line, NULL, 0), value_bytes = record_decode_value(line, NULL, 0);
    size_t room = 3 * key_bytes + 2 * value_bytes + 2;
    char *key = malloc(key_bytes + 1), *value = malloc(value_bytes + 1), *text = malloc(room), *again = malloc(value_bytes + 1);
    struct record_writer writer;
    struct record_line copy;
    size_t cursor = 0;

    if (!key || !value || !text || !again)
        abort();
    record_decode_key(line, key, key_bytes + 1);
    record_decode_value(line, value, value_bytes + 1);
    record_writer_init(&writer, text, room);
    record_put_sized(&writer, "", key, key_bytes, value, value_bytes);
    if (writer.overflow || !record_next(text, writer.len, &cursor, &copy) || cursor != writer.len)
        abort();
    if (record_decode_value(&copy, again, value_bytes + 1) != value_bytes || memcmp(again, value, value_bytes) != 0)
        abort();
    if (record_decode_key(&copy, NULL, 0) != key_bytes)
        abort();
    free(key);
    free(value);
    free(text);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct record_line line;
    size_t cursor = 0, before = 0;
    char small[16];
    uint64_t number;

    while (record_next(text, size, &cursor, &line)) {
        if (cursor <= before || cursor > size)
            abort();
        before = cursor;
        (void)record_decode_key(&line, small, sizeof small);
        (void)record_decode_value(&line, small, sizeof small);
        check_round(&line);
    }
    (void)record_get(text, size, RECORD_ID, small, sizeof small);
    (void)record_get_u64(text, size, RECORD_PID, &number);
    return 0;
}
