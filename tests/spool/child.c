/* child.c - see child.h. */
#include "child.h"
#include "base/process.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

bool child_kill_at(size_t scenario, const char *dir, unsigned at, const char *kind, char name[64])
{
    struct buffer self;
    struct process *child = NULL;
    char number[16], index[16], line[64] = "";
    size_t got = 0, part;
    uint32_t code;

    snprintf(index, sizeof index, "%u", (unsigned)scenario);
    snprintf(number, sizeof number, "%u", at);
    buffer_init(&self, 32 * 1024);
    assert_int_equal(process_self_path(&self), ST_OK);
    const char *const argv[] = {buffer_text(&self), "--child", index, dir, number, kind, NULL};
    struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    assert_int_equal(process_start(&child, &options), ST_OK);
    while (!strchr(line, '\n') && got < sizeof line - 1 && file_read(process_stdout(child), line + got, 1, &part) == ST_OK && part)
        got += part;
    process_kill(child);
    assert_int_equal(process_wait(child, 30000, &code), ST_OK);
    process_free(child);
    buffer_done(&self);
    line[strcspn(line, "\r\n")] = 0;
    if (strcmp(line, "ended OK") == 0)
        return false;
    assert_true(text_starts(line, "stopped "));
    snprintf(name, 64, "%s", line + strlen("stopped "));
    return true;
}
