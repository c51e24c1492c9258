/* handle.c - HandleData: what the process had open. */
#include "minidump/reader.h"

#define HEADER_BYTES     16u
#define DESCRIPTOR_BYTES 32u

void reader_handles(struct minidump_reader *reader, struct span stream)
{
    struct minidump *model = &reader->model;
    struct minidump_handle *handles;
    uint32_t header, entry_bytes, announced;
    size_t count;

    if (!span_u32(stream, 0, &header) || !span_u32(stream, 4, &entry_bytes) || !span_u32(stream, 8, &announced) || header < HEADER_BYTES ||
        entry_bytes < DESCRIPTOR_BYTES) {
        reader_note(reader, "handles: their header is not understood");
        return;
    }
    count = reader_count(reader, "handles", stream, header, announced, entry_bytes, MINIDUMP_MAX_HANDLES);
    handles = reader_array(reader, "handles", count, sizeof(*handles));
    if (!handles)
        return;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = stream.data + header + i * entry_bytes;
        uint32_t type = bytes_u32(entry + 8), name = bytes_u32(entry + 12);

        handles[i] = (struct minidump_handle){.handle = bytes_u64(entry),
                                              .type = type ? reader_string(reader, "handles", type) : "",
                                              .name = name ? reader_string(reader, "handles", name) : "",
                                              .attributes = bytes_u32(entry + 16),
                                              .access = bytes_u32(entry + 20),
                                              .handle_count = bytes_u32(entry + 24),
                                              .pointer_count = bytes_u32(entry + 28)};
    }
    model->handles = handles;
    model->handle_count = count;
}
