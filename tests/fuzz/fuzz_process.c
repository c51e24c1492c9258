/* fuzz_process.c - the whole pipeline from a file's bytes to the report's JSON: decoding, walking, signing, writing. */
#include "fuzz.h"
#include "process/client.h"
#include "process/process.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer json;
    const char *why = NULL;
    enum status status;

    buffer_init(&json, PROCESS_MAX_JSON_BYTES);
    status = process_report((struct span){data, size}, NULL, &json, &why);
    /* The promise to callers: a report, or a reason and an untouched buffer. */
    if (status == ST_OK ? !json.len : !why || json.len)
        abort();
    buffer_done(&json);
    return 0;
}
