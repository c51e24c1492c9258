/* fuzz_record.c - stepping through a record's text and decoding each line into a small array. */
#include "fuzz.h"
#include "proto/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct record_line line;
    size_t cursor = 0;
    char small[16];
    uint64_t number;

    while (record_next(text, size, &cursor, &line)) {
        (void)record_decode_key(&line, small, sizeof small);
        (void)record_decode_value(&line, small, sizeof small);
    }
    (void)record_get(text, size, RECORD_ID, small, sizeof small);
    (void)record_get_u64(text, size, RECORD_PID, &number);
    return 0;
}
