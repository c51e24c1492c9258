/* log.c - builds one line in memory and gives it to the system in one write, so that lines of several processes do not mix. */
#include "base/log.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log_os.h"
#include "base/text.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LOG_MAX_TEXT ((size_t)8192) /* of one event before escaping */

static _Atomic int log_level = LOG_LEVEL_INFO;
static struct file log_file = {FILE_CLOSED}; /* under the lock */

void log_set_level(enum log_level level)
{
    atomic_store(&log_level, (int)level);
}

enum status log_set_file(const char *path)
{
    struct file file;
    enum status status = file_open(&file, path, FILE_MODE_APPEND);
    if (status)
        return status;
    log_os_lock();
    struct file old = log_file;
    log_file = file;
    log_os_unlock();
    file_close(&old);
    return ST_OK;
}

/* The C1 controls, which terminals obey as well, are c2 80 to c2 9f in UTF-8. */
static bool is_control(const uint8_t *text, size_t at, size_t size)
{
    if (text[at] < 0x20 || text[at] == 0x7f)
        return true;
    return text[at] == 0xc2 && at + 1 < size && text[at + 1] >= 0x80 && text[at + 1] <= 0x9f;
}

static void append_escaped(struct buffer *line, const struct buffer *text)
{
    const uint8_t *bytes = text->data;
    for (size_t i = 0; i < text->len; i++) {
        if (!is_control(bytes, i, text->len))
            buffer_append_byte(line, bytes[i]);
        else if (bytes[i] == '\n')
            buffer_append_text(line, "\\n");
        else if (bytes[i] == '\r')
            buffer_append_text(line, "\\r");
        else if (bytes[i] == '\t')
            buffer_append_text(line, "\\t");
        else if (bytes[i] == 0xc2)
            buffer_printf(line, "\\x%02x", bytes[++i]);
        else
            buffer_printf(line, "\\x%02x", bytes[i]);
    }
}

/* Without memory a line is cut or lost; a log must not be what ends its program. */
static void BASE_PRINTF(2, 0) append_message(struct buffer *line, const char *format, va_list args)
{
    char text[LOG_MAX_TEXT];
    int length = vsnprintf(text, sizeof text, format, args);
    if (length <= 0)
        return;
    size_t whole = (size_t)length, kept = strlen(text);
    if (whole > kept)
        kept = text_cut(text, kept, kept - 1);
    struct buffer clean;
    buffer_init(&clean, 3 * LOG_MAX_TEXT);
    if (!text_clean(&clean, text, kept)) {
        buffer_append_text(line, " ");
        append_escaped(line, &clean);
    }
    buffer_done(&clean);
    if (whole > kept)
        buffer_printf(line, "... cut_bytes=%zu", whole - kept);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&log_level))
        return;
    struct log_errors errors = log_os_errors();
    struct buffer line;
    char time[25];
    va_list args;
    buffer_init(&line, 8 * LOG_MAX_TEXT + 512);
    clock_format_utc(time, clock_unix_ms());
    buffer_printf(&line, "%s %s %s", time, names[level & 3], event);
    va_start(args, format);
    append_message(&line, format, args);
    va_end(args);
    buffer_append_text(&line, "\n");

    log_os_lock();
    struct file target = log_file.os != FILE_CLOSED ? log_file : log_os_stderr();
    if (target.os != FILE_CLOSED)
        (void)file_write(&target, buffer_text(&line), line.len); /* nowhere to report it */
    log_os_unlock();
    buffer_done(&line);
    log_os_set_errors(errors);
}
