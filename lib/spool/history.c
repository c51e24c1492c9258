/* history.c - one text file per report, one synced line per event: `<unix_ms> <event>[ state=<name>][ key=value ...]`.
 *
 * The line is written before the rename that it tells of. So after a cut between the two the last line still knows where the report was
 * going, and a sweep finishes the move. A line that a cut tore has no LF and counts for nothing until the next one closes it off; then it
 * counts as far as it goes, which is no more than what had happened. */
#include "base/clock.h"
#include "base/text.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES   4096
#define DETAIL_MAX_BYTES 3072
#define READ_MAX_BYTES   (256 * 1024) /* of a longer history only the end is read */

static char *history_path(const struct spool *spool, const char *key)
{
    struct buffer name;
    char *path = NULL;

    buffer_init(&name, SPOOL_NAME_BYTES + 8);
    if (buffer_printf(&name, "%s.log", key) == ST_OK)
        path = path_joined(spool->history, buffer_text(&name));
    buffer_done(&name);
    return path;
}

/* Detail may carry a server's words: whatever could end a line or the text becomes a blank, and it is cut to size. */
static enum status detail_append(struct buffer *line, const char *detail)
{
    size_t size = strlen(detail);
    enum status status = buffer_append_byte(line, ' ');

    if (size > DETAIL_MAX_BYTES)
        size = text_cut(detail, size, DETAIL_MAX_BYTES);
    for (size_t i = 0; status == ST_OK && i < size; i++) {
        unsigned char c = (unsigned char)detail[i];

        status = buffer_append_byte(line, c < 0x20 || c == 0x7f ? ' ' : c);
    }
    return status;
}

static enum status line_make(struct buffer *line, const char *event, enum spool_state state, const char *detail)
{
    enum status status = buffer_printf(line, "%" PRId64 " %s", clock_unix_ms(), event);

    if (status == ST_OK && state < SPOOL_STATE_COUNT)
        status = buffer_printf(line, " state=%s", spool_state_name(state));
    if (status == ST_OK && detail && detail[0])
        status = detail_append(line, detail);
    return status == ST_OK ? buffer_append_byte(line, '\n') : status;
}

/* Appends the last READ_MAX_BYTES of a history, from the start of a line. ST_NOT_FOUND when there is none. */
static enum status tail_read(const char *path, struct buffer *out)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    uint64_t offset = 0;
    size_t size;
    const char *newline;
    enum status status = file_open(&file, path, FILE_MODE_READ);

    if (status == ST_OK)
        status = file_info_of(&file, &info);
    if (status != ST_OK)
        goto out;
    if (info.size_bytes > READ_MAX_BYTES)
        offset = info.size_bytes - READ_MAX_BYTES;
    size = (size_t)(info.size_bytes - offset);
    status = buffer_reserve(out, size ? size : 1);
    if (status == ST_OK && size)
        status = file_read_at(&file, offset, out->data + out->len, size);
    if (status != ST_OK)
        goto out;
    if (offset && (newline = memchr(out->data + out->len, '\n', size)) != NULL) {
        size_t torn = (size_t)(newline + 1 - (const char *)(out->data + out->len));

        memmove(out->data + out->len, newline + 1, size - torn);
        size -= torn;
    }
    out->len += size;
    out->data[out->len] = 0;
out:
    file_close(&file);
    return status;
}

/* Whether the file ends in the middle of a line. A file that is missing or empty does not. */
static bool is_torn(const char *path)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    char last = '\n';

    if (file_open(&file, path, FILE_MODE_READ) != ST_OK)
        return false;
    if (file_info_of(&file, &info) == ST_OK && info.size_bytes && file_read_at(&file, info.size_bytes - 1, &last, 1) != ST_OK)
        last = 0;
    file_close(&file);
    return last != '\n';
}

static enum status line_write(const struct spool *spool, const char *path, const struct buffer *line)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    bool is_first = file_stat(path, &info) == ST_NOT_FOUND;
    enum status status = file_open(&file, path, FILE_MODE_APPEND);

    if (status == ST_OK)
        status = file_write(&file, line->data, line->len);
    if (status == ST_OK)
        status = file_sync(&file);
    file_close(&file);
    return status == ST_OK && is_first ? folder_sync(spool->history) : status;
}

enum status spool_history_append(struct spool *spool, const char *key, const char *event, enum spool_state state, const char *detail)
{
    struct buffer line;
    char *path = NULL;
    enum status status;

    if (!path_is_plain_name(key) || !event[0] || strpbrk(event, " \r\n"))
        return ST_ARGUMENT;
    buffer_init(&line, LINE_MAX_BYTES);
    path = history_path(spool, key);
    status = path ? ST_OK : ST_MEMORY;
    if (status == ST_OK && is_torn(path))
        status = buffer_append_byte(&line, '\n');
    if (status == ST_OK)
        status = line_make(&line, event, state, detail);
    if (status == ST_OK)
        status = line_write(spool, path, &line);
    free(path);
    buffer_done(&line);
    return status;
}

enum status spool_history_add(struct spool *spool, const char *id, const char *event, const char *detail)
{
    return spool_history_append(spool, id, event, SPOOL_STATE_COUNT, detail);
}

enum status spool_history_read(struct spool *spool, const char *id, struct buffer *out)
{
    char *path;
    enum status status;

    if (!path_is_plain_name(id))
        return ST_ARGUMENT;
    path = history_path(spool, id);
    status = path ? tail_read(path, out) : ST_MEMORY;
    free(path);
    return status;
}

/* The word of a line with a number, from 0; NULL when it has not so many. A server's words come behind the third. */
static const char *line_word(const char *line, const char *end, int number)
{
    const char *word = line;

    for (int i = 0; i < number && word; i++) {
        word = memchr(word, ' ', (size_t)(end - word));
        word = word ? word + 1 : NULL;
    }
    return word;
}

/* The state in a line `<ms> <event> state=<name>...`; only as the third word, so that a server's words cannot stand for it. */
static enum spool_state line_state(const char *line, const char *end)
{
    static const char mark[] = "state=";
    const char *word = line_word(line, end, 2);

    if (!word || (size_t)(end - word) < sizeof mark - 1 || memcmp(word, mark, sizeof mark - 1) != 0)
        return SPOOL_STATE_COUNT;
    word += sizeof mark - 1;
    for (int i = 0; i < SPOOL_STATE_COUNT; i++) {
        size_t size = strlen(spool_state_name((enum spool_state)i));

        if ((size_t)(end - word) >= size && memcmp(word, spool_state_name((enum spool_state)i), size) == 0 &&
            (word + size == end || word[size] == ' '))
            return (enum spool_state)i;
    }
    return SPOOL_STATE_COUNT;
}

/* The last whole line of text; a torn one never became durable. False when there is none. */
static bool last_line(const char *start, size_t size, const char **ret_line, const char **ret_end)
{
    const char *end = start + size, *line;

    while (end > start && end[-1] != '\n')
        end--;
    if (end == start)
        return false;
    end--;
    for (line = end; line > start && line[-1] != '\n'; line--)
        ;
    *ret_line = line;
    *ret_end = end;
    return true;
}

enum status spool_history_last_state(struct spool *spool, const char *key, enum spool_state *ret)
{
    struct buffer text;
    const char *line, *end;
    enum status status;

    buffer_init(&text, READ_MAX_BYTES + 1);
    status = spool_history_read(spool, key, &text);
    if (status == ST_NOT_FOUND)
        status = ST_OK;
    if (status == ST_OK)
        *ret = last_line(buffer_text(&text), text.len, &line, &end) ? line_state(line, end) : SPOOL_STATE_COUNT;
    buffer_done(&text);
    return status;
}

static bool line_is_event(const char *line, const char *end, const char *event)
{
    const char *word = line_word(line, end, 1);
    size_t size = strlen(event);

    return word && (size_t)(end - word) >= size && memcmp(word, event, size) == 0 && (word + size == end || word[size] == ' ');
}

static enum spool_fate line_fate(const char *line, const char *end)
{
    enum spool_state state = line_state(line, end);

    if (line_is_event(line, end, SPOOL_EVENT_COUNTED))
        return SPOOL_FATE_COUNTED;
    if (state == SPOOL_DONE || state == SPOOL_DISCARDED)
        return SPOOL_FATE_DELIVERED;
    return line_is_event(line, end, SPOOL_EVENT_SENDING) ? SPOOL_FATE_TRIED : SPOOL_FATE_OPEN;
}

enum status spool_fate_read(struct spool *spool, const char *key, enum spool_fate *ret)
{
    struct buffer text;
    enum status status;

    buffer_init(&text, READ_MAX_BYTES + 1);
    status = spool_history_read(spool, key, &text);
    if (status == ST_NOT_FOUND)
        status = ST_OK;
    if (status == ST_OK) {
        const char *line = buffer_text(&text), *last = line + text.len, *end;

        *ret = SPOOL_FATE_OPEN;
        for (; (end = memchr(line, '\n', (size_t)(last - line))) != NULL; line = end + 1) {
            enum spool_fate fate = line_fate(line, end);

            *ret = fate > *ret ? fate : *ret;
        }
    }
    buffer_done(&text);
    return status;
}
