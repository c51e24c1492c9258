/* fuzz_process.c - the whole pipeline from a file's bytes to the report's JSON: decoding, walking, signing, writing. */
#include "fuzz.h"
#include "process/analysis.h"
#include "process/client.h"
#include "process/process.h"
#include <stdlib.h>

/* Made once, as the worker does. */
static const struct signature_rules *rules(void)
{
    static struct signature_rules *made;
    char message[RULES_MESSAGE_BYTES];

    if (!made && signature_rules_create(&made, NULL, 0, message) != ST_OK)
        abort();
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct analysis_options options = {.rules = rules()};
    struct buffer json;
    const char *why = NULL;
    enum status status;

    buffer_init(&json, PROCESS_MAX_JSON_BYTES);
    status = process_report((struct span){data, size}, &options, &json, &why);
    /* The promise to callers: a report, or a reason and an untouched buffer. */
    if (status == ST_OK ? !json.len : !why || json.len)
        abort();
    buffer_done(&json);
    return 0;
}
