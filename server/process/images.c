/* images.c - looks a module's image up where it may be, and checks that it is the right one. */
#include "process/images.h"
#include "process/mapping.h"
#include "unwind/function_table.h"
#include "unwind/symbol_source.h"
#include <stdlib.h>
#include <string.h>

#define STREAM_FUNCTION_TABLE 13u

/* One module's images, as far as they were found. */
struct image {
    bool is_sought, has_file, has_memory;
    struct span file;
    struct pe pe;
    struct unwind_image from_file, from_memory;
    const struct minidump *minidump;
    uint64_t base;
};

struct images {
    const struct minidump *minidump;
    struct naming *naming;
    struct image *images; /* one for each of minidump->modules */
    struct span function_table;
    struct function_table table; /* the one found last */
};

static bool memory_read(const void *context, uint64_t address, void *ret, size_t size)
{
    return minidump_memory_read(context, address, ret, size);
}

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    const struct image *image = context;

    return minidump_memory_read(image->minidump, image->base + rva, ret, size);
}

struct span images_function_tables(const struct minidump *minidump)
{
    struct span stream = {NULL, 0};

    for (size_t i = 0; i < minidump->stream_count; i++)
        if (minidump->streams[i].type == STREAM_FUNCTION_TABLE)
            stream = minidump->streams[i].bytes;
    return stream;
}

enum status images_create(struct images **ret, const struct minidump *minidump, struct naming *naming)
{
    struct images *images = calloc(1, sizeof(*images));
    size_t count = minidump->module_count;

    if (!images)
        return ST_MEMORY;
    images->images = calloc(count ? count : 1, sizeof(*images->images));
    if (!images->images) {
        free(images);
        return ST_MEMORY;
    }
    images->minidump = minidump;
    images->naming = naming;
    images->table.context = minidump;
    images->table.read = memory_read;
    images->function_table = images_function_tables(minidump);
    *ret = images;
    return ST_OK;
}

void images_free(struct images *images)
{
    if (!images)
        return;
    for (size_t i = 0; i < images->minidump->module_count; i++)
        mapping_close(&images->images[i].file);
    free(images->images);
    free(images);
}

/* The file was found by its id; it counts only when its headers, read again here, still say the same. */
static bool file_open(struct image *image, const char *path, const struct minidump_module *module)
{
    if (mapping_open(&image->file, path) != ST_OK)
        return false;
    if (pe_open(&image->pe, image->file, false) == ST_OK && unwind_image_of_pe(&image->from_file, &image->pe) &&
        image->from_file.timestamp == module->timestamp && image->from_file.size_bytes == module->size_bytes)
        return true;
    mapping_close(&image->file);
    return false;
}

static struct image *image_at(struct images *images, uint64_t address)
{
    size_t index = minidump_module_at(images->minidump, address);
    const struct minidump_module *module;
    struct image *image;
    const char *path;

    if (index == MINIDUMP_NONE)
        return NULL;
    image = &images->images[index];
    if (image->is_sought)
        return image;
    module = &images->minidump->modules[index];
    image->is_sought = true;
    image->minidump = images->minidump;
    image->base = module->base;
    path = naming_image(images->naming, index);
    image->has_file = path && file_open(image, path, module);
    image->has_memory = unwind_image_open(&image->from_memory, image_read, image);
    return image;
}

bool images_source(struct images *images, uint64_t address, size_t index, struct unwind_source *ret)
{
    const struct image *image = image_at(images, address);

    if (image && image->has_file && index-- == 0) {
        *ret = unwind_image_source(&image->from_file, image->base);
        return true;
    }
    if (image && image->has_memory && index-- == 0) {
        *ret = unwind_image_source(&image->from_memory, image->base);
        return true;
    }
    if (index || !function_table_at(images->function_table, address, &images->table))
        return false;
    *ret = function_table_source(&images->table);
    return true;
}
