/* module.c - ModuleList and UnloadedModuleList: names, versions, code and debug ids, and which module holds an address. */
#include "base/file.h"
#include "minidump/reader.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_BYTES            108u
#define UNLOADED_BYTES          24u
#define VERSION_SIGNATURE       0xfeef04bdu
#define CODEVIEW_RSDS           0x53445352u
#define CODEVIEW_NB10           0x3031424eu
#define CODEVIEW_ELF            0x4270454cu /* Breakpad's "BpEL": a build id */
#define CODEVIEW_MAX_BUILD_ID   20u
#define ELF_DEBUG_ID_GUID_BYTES 16u

/* VS_FIXEDFILEINFO: each version is two words, the higher half first. */
static void version_read(const uint8_t *info, struct minidump_module *ret)
{
    if (bytes_u32(info) != VERSION_SIGNATURE)
        return;
    ret->has_version = true;
    for (unsigned i = 0; i < 4; i++) {
        unsigned at = 8 + (i / 2) * 4 + (i % 2 ? 0 : 2);

        ret->file_version[i] = bytes_u16(info + at);
        ret->product_version[i] = bytes_u16(info + at + 8);
    }
}

/* A GUID as symbol stores write it: three little-endian numbers and eight bytes, without separators, then the age in hex. */
static void debug_id_format(char ret[48], const uint8_t guid[16], uint32_t age)
{
    snprintf(ret, 48, "%08" PRIX32 "%04X%04X%02X%02X%02X%02X%02X%02X%02X%02X%" PRIx32, bytes_u32(guid), bytes_u16(guid + 4),
             bytes_u16(guid + 6), guid[8], guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15], age);
}

static void elf_id_read(struct span build_id, struct minidump_module *ret)
{
    uint8_t guid[ELF_DEBUG_ID_GUID_BYTES] = {0};
    size_t size = build_id.len < CODEVIEW_MAX_BUILD_ID ? build_id.len : CODEVIEW_MAX_BUILD_ID;

    if (!size)
        return;
    memcpy(guid, build_id.data, size < sizeof(guid) ? size : sizeof(guid));
    debug_id_format(ret->debug_id, guid, 0);
    for (size_t i = 0; i < size; i++)
        snprintf(ret->code_id + 2 * i, 3, "%02x", build_id.data[i]);
}

static void codeview_read(struct minidump_reader *reader, struct span record, struct minidump_module *ret)
{
    struct span name = {NULL, 0};
    uint32_t signature;

    if (!span_u32(record, 0, &signature))
        return;
    if (signature == CODEVIEW_RSDS && span_sub(record, 24, record.len - 24, &name)) {
        debug_id_format(ret->debug_id, record.data + 4, bytes_u32(record.data + 20));
        ret->debug_file = reader_utf8(reader, name);
    } else if (signature == CODEVIEW_NB10 && span_sub(record, 16, record.len - 16, &name)) {
        snprintf(ret->debug_id, sizeof(ret->debug_id), "%08" PRIX32 "%" PRIx32, bytes_u32(record.data + 8), bytes_u32(record.data + 12));
        ret->debug_file = reader_utf8(reader, name);
    } else if (signature == CODEVIEW_ELF && span_sub(record, 4, record.len - 4, &name)) {
        elf_id_read(name, ret);
        ret->debug_file = ret->path;
    } else {
        reader_note(reader, "module \"%s\": its debug record is not understood", ret->name);
    }
}

static void module_read(struct minidump_reader *reader, const uint8_t *entry, struct minidump_module *ret)
{
    uint32_t platform = reader->model.system.platform;
    bool foreign = reader->model.system.present && platform != MINIDUMP_OS_WINDOWS;

    ret->base = bytes_u64(entry);
    ret->size_bytes = bytes_u32(entry + 8);
    ret->checksum = bytes_u32(entry + 12);
    ret->timestamp = bytes_u32(entry + 16);
    ret->path = reader_string(reader, "module list", bytes_u32(entry + 20));
    ret->name = path_base(ret->path);
    ret->debug_file = "";
    version_read(entry + 24, ret);
    if (!foreign)
        snprintf(ret->code_id, sizeof(ret->code_id), "%08" PRIX32 "%" PRIx64, ret->timestamp, ret->size_bytes);
    codeview_read(reader, reader_location(reader, "a module's debug record", entry + 76), ret);
    if (ret->size_bytes > UINT64_MAX - ret->base) {
        reader_note(reader, "module \"%s\": runs over the end of the address space", ret->name);
        ret->size_bytes = UINT64_MAX - ret->base;
    }
}

void reader_module_list(struct minidump_reader *reader, struct span stream)
{
    uint32_t announced;
    uint64_t offset;
    size_t count;

    if (!span_u32(stream, 0, &announced)) {
        reader_note(reader, "module list: too short for its count");
        return;
    }
    offset = (uint64_t)announced * MODULE_BYTES + 8 == stream.len ? 8 : 4; /* some writers align the entries */
    count = reader_count(reader, "module list", stream, offset, announced, MODULE_BYTES, MINIDUMP_MAX_MODULES);
    reader->modules = reader_array(reader, "module list", count, sizeof(*reader->modules));
    if (!reader->modules)
        return;
    for (size_t i = 0; i < count; i++)
        module_read(reader, stream.data + offset + i * MODULE_BYTES, &reader->modules[i]);
    reader->model.modules = reader->modules;
    reader->model.module_count = count;
}

void reader_unloaded_list(struct minidump_reader *reader, struct span stream)
{
    uint32_t header, entry_bytes, announced;
    struct minidump_unloaded *unloaded;
    size_t count;

    if (!span_u32(stream, 0, &header) || !span_u32(stream, 4, &entry_bytes) || !span_u32(stream, 8, &announced) ||
        entry_bytes < UNLOADED_BYTES) {
        reader_note(reader, "unloaded module list: its header is not understood");
        return;
    }
    count = reader_count(reader, "unloaded module list", stream, header, announced, entry_bytes, MINIDUMP_MAX_MODULES);
    unloaded = reader_array(reader, "unloaded module list", count, sizeof(*unloaded));
    if (!unloaded)
        return;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = stream.data + header + i * entry_bytes;

        unloaded[i].base = bytes_u64(entry);
        unloaded[i].size_bytes = bytes_u32(entry + 8);
        unloaded[i].timestamp = bytes_u32(entry + 16);
        unloaded[i].name = path_base(reader_string(reader, "unloaded module list", bytes_u32(entry + 20)));
        snprintf(unloaded[i].code_id, sizeof(unloaded[i].code_id), "%08" PRIX32 "%" PRIx64, unloaded[i].timestamp, unloaded[i].size_bytes);
        if (unloaded[i].size_bytes > UINT64_MAX - unloaded[i].base)
            unloaded[i].size_bytes = UINT64_MAX - unloaded[i].base;
    }
    reader->model.unloaded = unloaded;
    reader->model.unloaded_count = count;
}

/* What qsort compares: the base, then the place in the list, so that the order is the same everywhere. */
struct order_entry {
    uint64_t base;
    size_t index;
};

static int order_compare(const void *a, const void *b)
{
    const struct order_entry *x = a, *y = b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void reader_modules_finish(struct minidump_reader *reader)
{
    size_t count = reader->model.module_count;
    struct order_entry *entries = count ? reader_array(reader, "module order", count, sizeof(*entries)) : NULL;
    size_t *order = entries ? reader_array(reader, "module order", count, sizeof(*order)) : NULL;

    if (!order)
        return;
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct order_entry){reader->modules[i].base, i};
    qsort(entries, count, sizeof(*entries), order_compare);
    for (size_t i = 0; i < count; i++) {
        const struct minidump_module *before = i ? &reader->modules[order[i - 1]] : NULL;

        order[i] = entries[i].index;
        if (before && entries[i].base - before->base < before->size_bytes)
            reader_note(reader, "modules \"%s\" and \"%s\" overlap", before->name, reader->modules[order[i]].name);
    }
    reader->model.module_order = order;
}

/* The last module that begins at or before the address counts; of two that overlap it is the one that begins later. */
size_t minidump_module_at(const struct minidump *minidump, uint64_t address)
{
    size_t low = 0, high = minidump->module_order ? minidump->module_count : 0;
    const struct minidump_module *module;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (minidump->modules[minidump->module_order[middle]].base <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return MINIDUMP_NONE;
    module = &minidump->modules[minidump->module_order[low - 1]];
    return address - module->base < module->size_bytes ? minidump->module_order[low - 1] : MINIDUMP_NONE;
}
