/* fuzz_json_reader.c - what the uploader passes over in a server's JSON: any bytes, whole values or none, never beyond the end. */
#include "fuzz.h"
#include "uploader/json_reader.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_reader reader = {(const char *)data, (const char *)data + size}, again = reader;
    struct buffer text;
    uint64_t number;
    bool is_value = json_pass_over(&reader);

    if (reader.at < (const char *)data || reader.at > reader.end || (is_value && reader.at == (const char *)data))
        abort();
    buffer_init(&text, 4096);
    if (json_take_text(&again, &text) && (!is_value || again.at != reader.at || text.len > 4096))
        abort();
    again.at = (const char *)data;
    if (json_take_number(&again, &number) && again.at > again.end)
        abort();
    buffer_done(&text);
    return 0;
}
