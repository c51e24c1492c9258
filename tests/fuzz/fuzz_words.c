/* fuzz_words.c - what Breakpad's symupload says when an upload is complete. */
#include "base/text.h"
#include "depot/words.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

static void check(const char *text, size_t room)
{
    size_t size = strnlen(text, room);
    if (size == room || strpbrk(text, "\"\\\r\n"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    if (!words_read(&words, (const char *)data, size))
        return 0;
    check(words.debug_file, sizeof words.debug_file);
    check(words.debug_id, sizeof words.debug_id);
    check(words.type, sizeof words.type);
    if (!text_is_utf8(words.debug_file, strlen(words.debug_file)))
        abort();
    return 0;
}
