/* own_crash.c - a text file of the last crashes' times, one a line. */
#include "own_crash.h"
#include "base/file.h"
#include "base/text.h"
#include "intake.h"
#include <inttypes.h>
#include <stdlib.h>

#define DAY_S      (24 * 3600)
#define FILE_BYTES 1024

bool own_crash_is(const char *name)
{
    static const char *const programs[] = {"salvor-collector.exe", "salvor-upload.exe"};
    char app[201];
    uint32_t pid;

    intake_parse_name(name, app, &pid);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (text_equal_nocase(app, programs[i]))
            return true;
    return false;
}

/* The times of the last day, at most OWN_CRASHES_A_DAY. */
static size_t read_times(const char *path, int64_t now_unix_s, int64_t *ret)
{
    struct buffer text;
    size_t count = 0;

    buffer_init(&text, FILE_BYTES);
    if (file_read_whole(path, FILE_BYTES, &text) == ST_OK) {
        const char *at = buffer_text(&text);
        char *end;
        for (int64_t time = strtoll(at, &end, 10); end != at && count < OWN_CRASHES_A_DAY; time = strtoll(at, &end, 10)) {
            if (time <= now_unix_s && now_unix_s - time < DAY_S)
                ret[count++] = time;
            at = end;
        }
    }
    buffer_done(&text);
    return count;
}

bool own_crash_note(const char *path, int64_t now_unix_s)
{
    int64_t times[OWN_CRASHES_A_DAY];
    size_t count = read_times(path, now_unix_s, times);
    struct buffer text;
    enum status st = ST_OK;

    if (count == OWN_CRASHES_A_DAY)
        return false;
    buffer_init(&text, FILE_BYTES);
    for (size_t i = 0; !st && i < count; i++)
        st = buffer_printf(&text, "%" PRId64 "\n", times[i]);
    if (!st)
        st = buffer_printf(&text, "%" PRId64 "\n", now_unix_s);
    if (!st)
        st = file_write_whole(path, text.data, text.len);
    buffer_done(&text);
    return st == ST_OK; /* what cannot be counted is not let through */
}
