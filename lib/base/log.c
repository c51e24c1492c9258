/* log.c - builds one line in memory and gives it to the system in one write, so that lines of several processes do not mix.
 *
 * Whoever finds its own file full opens the path anew: that file is another's new one already, or the full one, which whoever has its lock
 * renames. A process that wrote no line meanwhile holds a full file under its new name, so it finds out the same way. */
#include "base/log.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log_os.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX_TEXT   ((size_t)8192) /* of one event before escaping */
#define LOG_PATH_BYTES 65536

static _Atomic int log_level = LOG_LEVEL_INFO;

/* Under the lock. */
static struct {
    struct file file;
    char *path;
    uint64_t max_bytes;  /* 0 = no end */
    uint64_t rotates_at; /* max_bytes, or more where the last try failed */
    uint64_t lost;       /* lines that the disk did not take since it took the last one */
    enum status why;     /* of these */
} target = {.file = {FILE_CLOSED}};

void log_set_level(enum log_level level)
{
    atomic_store(&log_level, (int)level);
}

enum status log_set_rotated_file(const char *path, uint64_t max_bytes)
{
    struct file file;
    size_t size = strlen(path) + 1;
    char *copy = malloc(size);
    enum status status = copy ? file_open(&file, path, FILE_MODE_APPEND) : ST_MEMORY;
    if (status) {
        free(copy);
        return status;
    }
    memcpy(copy, path, size);
    log_os_lock();
    struct file old = target.file;
    char *old_path = target.path;
    target.file = file;
    target.path = copy;
    target.max_bytes = target.rotates_at = max_bytes;
    log_os_unlock();
    file_close(&old);
    free(old_path);
    return ST_OK;
}

enum status log_set_file(const char *path)
{
    return log_set_rotated_file(path, 0);
}

const char *log_file_path(void)
{
    return target.path;
}

/* -- old files -- */

/* `<path>.<number>`; 0 is the path itself. NULL without memory. */
static char *old_path(const char *path, unsigned number)
{
    struct buffer name;
    buffer_init(&name, LOG_PATH_BYTES);
    if (number ? buffer_printf(&name, "%s.%u", path, number) : buffer_append_text(&name, path))
        buffer_done(&name);
    return buffer_take(&name);
}

/* Makes room for a new file at path. */
static enum status shift(const char *path)
{
    enum status status = ST_OK;
    for (unsigned number = LOG_OLD_FILES; !status && number-- > 0;) {
        char *from = old_path(path, number), *to = old_path(path, number + 1);
        status = from && to ? file_rename(from, to, true) : ST_MEMORY;
        if (status == ST_NOT_FOUND)
            status = ST_OK;
        free(from);
        free(to);
    }
    return status;
}

/* Whether path still names the open file, as far as sizes tell. */
static bool is_there(struct file *file)
{
    struct file_info ours = {0}, there = {0};
    return file_info_of(file, &ours) == ST_OK && file_stat(target.path, &there) == ST_OK && ours.size_bytes == there.size_bytes;
}

/* Opens what stands at the path; when that is full, it is renamed first by whoever has its lock. ST_BUSY: another process renames it. */
static enum status open_next(struct file *ret)
{
    struct file file = {FILE_CLOSED};
    struct file_info info = {0};
    enum status status = file_open(&file, target.path, FILE_MODE_APPEND);
    if (!status)
        status = file_info_of(&file, &info);
    if (!status && info.size_bytes >= target.max_bytes) {
        status = file_lock(&file);
        if (!status && is_there(&file))
            status = shift(target.path);
        file_close(&file);
        if (!status)
            status = file_open(&file, target.path, FILE_MODE_APPEND);
    }
    if (status)
        file_close(&file);
    else
        *ret = file;
    return status;
}

/* What cannot be renamed or opened now is tried again an eighth of the limit further on: on Windows a try may take a quarter of a second.
 */
static void rotate(void)
{
    struct file_info info;
    struct file file;
    if (!target.max_bytes || file_info_of(&target.file, &info) || info.size_bytes < target.rotates_at)
        return;
    enum status status = open_next(&file);
    if (!status) {
        file_close(&target.file);
        target.file = file;
        target.rotates_at = target.max_bytes;
    } else if (status != ST_BUSY) {
        target.rotates_at = info.size_bytes + target.max_bytes / 8;
    }
}

/* -- lines -- */

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

static void append_head(struct buffer *line, enum log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char time[25];
    clock_format_utc(time, clock_unix_ms());
    buffer_printf(line, "%s %s %s", time, names[level & 3], event);
}

/* A full disk may have taken half of a line: what follows begins a new one, and says what is missing. */
static void tell_lost(struct file *file)
{
    struct buffer line;
    buffer_init(&line, 512);
    buffer_append_text(&line, "\n");
    append_head(&line, LOG_LEVEL_WARN, "log-lines-lost");
    buffer_printf(&line, " lines=%" PRIu64 " why=\"%s\"\n", target.lost, status_text(target.why));
    if (!file_write(file, buffer_text(&line), line.len))
        target.lost = 0;
    buffer_done(&line);
}

static void write_line(const struct buffer *line)
{
    enum status status = ST_OK;
    if (target.file.os != FILE_CLOSED)
        rotate();
    struct file file = target.file.os != FILE_CLOSED ? target.file : log_os_stderr();
    if (file.os == FILE_CLOSED)
        return;
    if (target.lost)
        tell_lost(&file);
    if (!target.lost)
        status = file_write(&file, buffer_text(line), line->len);
    if (status || target.lost) {
        target.lost++;
        target.why = status ? status : target.why;
    }
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    if ((int)level < atomic_load(&log_level))
        return;
    struct log_errors errors = log_os_errors();
    struct buffer line;
    va_list args;
    buffer_init(&line, 8 * LOG_MAX_TEXT + 512);
    append_head(&line, level, event);
    va_start(args, format);
    append_message(&line, format, args);
    va_end(args);
    buffer_append_text(&line, "\n");

    log_os_lock();
    write_line(&line);
    log_os_unlock();
    buffer_done(&line);
    log_os_set_errors(errors);
}
