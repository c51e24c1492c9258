/* reader.h - what the stream readers of this folder share; not for other folders. */
#ifndef SALVOR_MINIDUMP_READER_H
#define SALVOR_MINIDUMP_READER_H
#include "base/buffer.h"
#include "minidump/arena.h"
#include "minidump/minidump.h"

/* A minidump while it is being decoded; model stands first, so that minidump_close finds the rest. */
struct minidump_reader {
    struct minidump model;
    struct arena arena;
    const char *notes[MINIDUMP_MAX_SOFT_ERRORS];
    struct buffer scratch;           /* for text on its way into the arena */
    size_t text_left_bytes;          /* of MINIDUMP_MAX_ALL_TEXT_BYTES; bounds the time that many long strings take */
    struct minidump_thread *threads; /* the model's arrays, while they may still be written */
    struct minidump_module *modules;
};

/* Adds a soft error. */
void reader_note(struct minidump_reader *reader, const char *format, ...) BASE_PRINTF(2, 3);
/* Zeroed memory for an array; NULL, with a soft error, when there is none. */
void *reader_array(struct minidump_reader *reader, const char *what, size_t count, size_t size);

/* How many of announced entries of entry_bytes each can be read at offset: at most ceiling, at most what the bytes hold. A soft error
 * says when that is less than announced. */
size_t reader_count(struct minidump_reader *reader, const char *what, struct span bytes, uint64_t offset, uint64_t announced,
                    size_t entry_bytes, size_t ceiling);

/* The bytes of a MINIDUMP_LOCATION_DESCRIPTOR {size, rva}, or none with a soft error when they are not all in the file. */
struct span reader_location(struct minidump_reader *reader, const char *what, const uint8_t *descriptor);

/* Text from the dump as UTF-8, cut at MINIDUMP_MAX_TEXT_BYTES; "" with a soft error when it is not there. */
const char *reader_string(struct minidump_reader *reader, const char *what, uint64_t rva);      /* MINIDUMP_STRING, UTF-16LE */
const char *reader_string_utf8(struct minidump_reader *reader, const char *what, uint64_t rva); /* length and bytes */
const char *reader_utf16(struct minidump_reader *reader, struct span bytes);                    /* up to a terminator or the end */
const char *reader_utf8(struct minidump_reader *reader, struct span bytes);                     /* up to a terminator or the end */

/* The bytes of the first stream of that type; false when there is none. */
bool reader_stream(const struct minidump_reader *reader, uint32_t type, struct span *ret);

/* Stream readers; each is given the stream's bytes. */
void reader_thread_list(struct minidump_reader *reader, struct span stream);
void reader_thread_info(struct minidump_reader *reader, struct span stream);
void reader_thread_names(struct minidump_reader *reader, struct span stream);
void reader_module_list(struct minidump_reader *reader, struct span stream);
void reader_unloaded_list(struct minidump_reader *reader, struct span stream);
void reader_memory_info(struct minidump_reader *reader, struct span stream);
void reader_exception(struct minidump_reader *reader, struct span stream);
void reader_system_info(struct minidump_reader *reader, struct span stream);
void reader_misc_info(struct minidump_reader *reader, struct span stream);
void reader_handles(struct minidump_reader *reader, struct span stream);
void reader_system_memory(struct minidump_reader *reader, struct span stream);
void reader_process_memory(struct minidump_reader *reader, struct span stream);
void reader_comment_a(struct minidump_reader *reader, struct span stream);
void reader_comment_w(struct minidump_reader *reader, struct span stream);
void reader_breakpad_info(struct minidump_reader *reader, struct span stream);
void reader_assertion(struct minidump_reader *reader, struct span stream);
void reader_crashpad_info(struct minidump_reader *reader, struct span stream);

/* After all streams: puts memory lists and stacks together and sorts what lookups search. */
void reader_memory_finish(struct minidump_reader *reader);
void reader_modules_finish(struct minidump_reader *reader);

#endif
