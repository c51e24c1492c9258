/* annotation.c - Crashpad's stream (minidump_extensions.h): annotations of the process and of each module, in all three shapes. */
#include "minidump/reader.h"

#define CRASHPAD_BYTES        52u /* version, two ids, two locations */
#define CRASHPAD_VERSION      1u
#define MODULE_LINK_BYTES     12u /* module index, location */
#define MODULE_INFO_BYTES     28u /* version, three locations */
#define PAIR_BYTES            8u  /* key rva, value rva */
#define OBJECT_BYTES          12u /* name rva, type, reserved, value rva */
#define OBJECT_TYPE_STRING    1u
#define MAX_ANNOTATED_MODULES 4096u

/* The table while it is filled. */
struct table {
    struct minidump_annotation *entries;
    size_t count;
};

static void table_add(struct minidump_reader *reader, struct table *table, const char *key, const char *value, size_t module)
{
    if (table->count == MINIDUMP_MAX_ANNOTATIONS) {
        reader_note(reader, "Crashpad information: only %u annotations are read", MINIDUMP_MAX_ANNOTATIONS);
        return;
    }
    table->entries[table->count++] = (struct minidump_annotation){key, value, module};
}

/* How many entries the counted list at location has, and its bytes. */
static size_t list_open(struct minidump_reader *reader, const uint8_t *location, size_t entry_bytes, size_t ceiling, struct span *ret)
{
    uint32_t announced;

    *ret = reader_location(reader, "Crashpad information", location);
    if (!span_u32(*ret, 0, &announced))
        return 0;
    return reader_count(reader, "Crashpad information", *ret, 4, announced, entry_bytes, ceiling);
}

static void pairs_read(struct minidump_reader *reader, struct table *table, const uint8_t *location, size_t module)
{
    struct span list;
    size_t count = list_open(reader, location, PAIR_BYTES, MINIDUMP_MAX_ANNOTATIONS - table->count, &list);

    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = list.data + 4 + i * PAIR_BYTES;
        const char *key = reader_string_utf8(reader, "an annotation's key", bytes_u32(entry));

        table_add(reader, table, key, reader_string_utf8(reader, "an annotation", bytes_u32(entry + 4)), module);
    }
}

/* Old style: strings without keys. */
static void strings_read(struct minidump_reader *reader, struct table *table, const uint8_t *location, size_t module)
{
    struct span list;
    size_t count = list_open(reader, location, 4, MINIDUMP_MAX_ANNOTATIONS - table->count, &list);

    for (size_t i = 0; i < count; i++)
        table_add(reader, table, "", reader_string_utf8(reader, "an annotation", bytes_u32(list.data + 4 + i * 4)), module);
}

static void objects_read(struct minidump_reader *reader, struct table *table, const uint8_t *location, size_t module)
{
    struct span list;
    size_t count = list_open(reader, location, OBJECT_BYTES, MINIDUMP_MAX_ANNOTATIONS - table->count, &list);

    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = list.data + 4 + i * OBJECT_BYTES;
        const char *key = reader_string_utf8(reader, "an annotation's key", bytes_u32(entry));

        if (bytes_u16(entry + 4) == OBJECT_TYPE_STRING)
            table_add(reader, table, key, reader_string_utf8(reader, "an annotation", bytes_u32(entry + 8)), module);
    }
}

static void modules_read(struct minidump_reader *reader, struct table *table, const uint8_t *location)
{
    struct span links;
    size_t count = list_open(reader, location, MODULE_LINK_BYTES, MAX_ANNOTATED_MODULES, &links);

    for (size_t i = 0; i < count && table->count < MINIDUMP_MAX_ANNOTATIONS; i++) {
        const uint8_t *link = links.data + 4 + i * MODULE_LINK_BYTES;
        struct span info = reader_location(reader, "a module's Crashpad information", link + 4);
        size_t module = bytes_u32(link) < reader->model.module_count ? bytes_u32(link) : MINIDUMP_NONE;

        if (!span_has(info, 0, MODULE_INFO_BYTES) || bytes_u32(info.data) != CRASHPAD_VERSION)
            continue;
        strings_read(reader, table, info.data + 4, module);
        pairs_read(reader, table, info.data + 12, module);
        objects_read(reader, table, info.data + 20, module);
    }
}

void reader_crashpad_info(struct minidump_reader *reader, struct span stream)
{
    struct table table = {NULL, 0};

    if (!span_has(stream, 0, CRASHPAD_BYTES) || bytes_u32(stream.data) != CRASHPAD_VERSION) {
        reader_note(reader, "Crashpad information: too short or of an unknown version");
        return;
    }
    table.entries = reader_array(reader, "Crashpad information", MINIDUMP_MAX_ANNOTATIONS, sizeof(*table.entries));
    if (!table.entries)
        return;
    pairs_read(reader, &table, stream.data + 36, MINIDUMP_NONE);
    modules_read(reader, &table, stream.data + 44);
    reader->model.annotations = table.entries;
    reader->model.annotation_count = table.count;
}
