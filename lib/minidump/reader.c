/* reader.c - checked access for the stream readers: counts, locations, strings, soft errors. */
#include "minidump/reader.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

void reader_note(struct minidump_reader *reader, const char *format, ...)
{
    struct minidump *model = &reader->model;
    struct buffer text;
    const char *note = NULL;
    va_list args;

    if (model->soft_error_count == MINIDUMP_MAX_SOFT_ERRORS)
        return;
    if (model->soft_error_count == MINIDUMP_MAX_SOFT_ERRORS - 1) {
        reader->notes[model->soft_error_count++] = "further errors are not listed";
        return;
    }
    buffer_init(&text, 1024);
    va_start(args, format);
    if (buffer_vprintf(&text, format, args) == ST_OK)
        note = arena_text(&reader->arena, buffer_text(&text), text.len);
    va_end(args);
    buffer_done(&text);
    reader->notes[model->soft_error_count++] = note ? note : "an error that could not be written down for lack of memory";
}

void *reader_array(struct minidump_reader *reader, const char *what, size_t count, size_t size)
{
    void *array = arena_alloc(&reader->arena, count, size);

    if (!array)
        reader_note(reader, "%s: no memory for %zu entries", what, count);
    return array;
}

size_t reader_count(struct minidump_reader *reader, const char *what, struct span bytes, uint64_t offset, uint64_t announced,
                    size_t entry_bytes, size_t ceiling)
{
    uint64_t room = offset <= bytes.len ? (bytes.len - offset) / entry_bytes : 0;
    uint64_t count = announced;

    if (count > room) {
        reader_note(reader, "%s: %" PRIu64 " entries announced, bytes for %" PRIu64, what, announced, room);
        count = room;
    }
    if (count > ceiling) {
        reader_note(reader, "%s: %" PRIu64 " entries, only the first %zu are read", what, announced, ceiling);
        count = ceiling;
    }
    return (size_t)count;
}

struct span reader_location(struct minidump_reader *reader, const char *what, const uint8_t *descriptor)
{
    uint32_t size = bytes_u32(descriptor), rva = bytes_u32(descriptor + 4);
    struct span bytes = {NULL, 0};

    if (size && !span_sub(reader->model.bytes, rva, size, &bytes))
        reader_note(reader, "%s: %" PRIu32 " bytes at 0x%" PRIx32 " are not in the file", what, size, rva);
    return bytes;
}

/* Moves what stands in the scratch buffer into the arena. */
static const char *text_keep(struct minidump_reader *reader, enum status status)
{
    size_t size = text_cut(buffer_text(&reader->scratch), reader->scratch.len, MINIDUMP_MAX_TEXT_BYTES);
    const char *kept = status == ST_OK ? arena_text(&reader->arena, buffer_text(&reader->scratch), size) : NULL;

    if (!kept)
        reader_note(reader, "no memory for a string of %zu bytes", size);
    return kept ? kept : "";
}

/* Length of the text in front of a terminator, a unit at a time, and the bytes taken off what all text of a dump may have. */
static size_t text_take(struct minidump_reader *reader, struct span bytes, size_t unit)
{
    size_t size = 0, most = bytes.len < MINIDUMP_MAX_TEXT_BYTES ? bytes.len : MINIDUMP_MAX_TEXT_BYTES;

    if (most > reader->text_left_bytes) {
        reader_note(reader, "there is more text than %zu bytes; the rest is left out", (size_t)MINIDUMP_MAX_ALL_TEXT_BYTES);
        return 0;
    }
    while (size + unit <= most && (bytes.data[size] || (unit == 2 && bytes.data[size + 1])))
        size += unit;
    reader->text_left_bytes -= size;
    return size;
}

const char *reader_utf16(struct minidump_reader *reader, struct span bytes)
{
    size_t size = text_take(reader, bytes, 2);

    if (!size)
        return "";
    buffer_reset(&reader->scratch);
    return text_keep(reader, text_from_utf16le(&reader->scratch, bytes.data, size, false));
}

const char *reader_utf8(struct minidump_reader *reader, struct span bytes)
{
    size_t size = text_take(reader, bytes, 1);

    if (!size)
        return "";
    buffer_reset(&reader->scratch);
    return text_keep(reader, text_clean(&reader->scratch, bytes.data, size));
}

/* The bytes of a counted string at rva. A string that runs over the end of the file is cut there. */
static bool counted_bytes(struct minidump_reader *reader, const char *what, uint64_t rva, struct span *ret)
{
    struct span file = reader->model.bytes;
    uint32_t size;

    if (!span_u32(file, rva, &size)) {
        reader_note(reader, "%s: its string at 0x%" PRIx64 " is not in the file", what, rva);
        return false;
    }
    if (!span_sub(file, rva + 4, size, ret)) {
        reader_note(reader, "%s: its string at 0x%" PRIx64 " runs over the end of the file", what, rva);
        return span_sub(file, rva + 4, file.len - (rva + 4), ret);
    }
    return true;
}

const char *reader_string(struct minidump_reader *reader, const char *what, uint64_t rva)
{
    struct span bytes;

    return counted_bytes(reader, what, rva, &bytes) ? reader_utf16(reader, bytes) : "";
}

const char *reader_string_utf8(struct minidump_reader *reader, const char *what, uint64_t rva)
{
    struct span bytes;

    return counted_bytes(reader, what, rva, &bytes) ? reader_utf8(reader, bytes) : "";
}

bool reader_stream(const struct minidump_reader *reader, uint32_t type, struct span *ret)
{
    for (size_t i = 0; i < reader->model.stream_count; i++)
        if (reader->model.streams[i].type == type) {
            *ret = reader->model.streams[i].bytes;
            return true;
        }
    return false;
}
