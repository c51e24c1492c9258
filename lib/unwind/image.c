/* image.c - headers of a PE image and the search in its function table. */
#include "unwind/image.h"
#include "base/bytes.h"

#define DOS_HEADER_BYTES  64u
#define NT_HEADER_BYTES   24u /* signature and file header */
#define MAX_HEADER_OFFSET 0x10000000u

#define MACHINE_X86   0x014cu
#define MACHINE_AMD64 0x8664u
#define MACHINE_ARM64 0xaa64u

#define OPTIONAL_PE32      0x10bu
#define OPTIONAL_PE32_PLUS 0x20bu
#define OPTIONAL_BYTES     144u /* of a PE32+ header up to the end of directory 3, the exception directory */
#define DIRECTORY_COUNT    108u
#define DIRECTORY_TABLE    136u

static enum cpu cpu_of(uint16_t machine)
{
    switch (machine) {
    case MACHINE_X86:
        return CPU_X86;
    case MACHINE_AMD64:
        return CPU_AMD64;
    case MACHINE_ARM64:
        return CPU_ARM64;
    default:
        return CPU_UNKNOWN;
    }
}

static uint32_t entry_bytes(enum cpu cpu)
{
    return cpu == CPU_ARM64 ? 8 : 12;
}

/* Where the "PE\0\0" signature stands; 0 when there is none. */
static uint32_t nt_offset(unwind_image_read_fn *read, const void *context)
{
    uint8_t dos[DOS_HEADER_BYTES];
    uint32_t offset;

    if (!read(context, 0, dos, sizeof(dos)) || bytes_u16(dos) != 0x5a4d)
        return 0;
    offset = bytes_u32(dos + 60);
    return offset <= MAX_HEADER_OFFSET ? offset : 0;
}

static void table_open(struct unwind_image *image, const uint8_t *optional)
{
    uint32_t rva = bytes_u32(optional + DIRECTORY_TABLE), size = bytes_u32(optional + DIRECTORY_TABLE + 4);

    if (bytes_u32(optional + DIRECTORY_COUNT) <= 3 || rva >= image->size_bytes)
        return;
    if (size > image->size_bytes - rva)
        size = image->size_bytes - rva;
    image->table_rva = rva;
    image->table_count = size / entry_bytes(image->cpu);
}

bool unwind_image_open(struct unwind_image *ret, unwind_image_read_fn *read, const void *context)
{
    struct unwind_image image = {.read = read, .context = context};
    uint32_t offset = nt_offset(read, context);
    uint8_t nt[NT_HEADER_BYTES], optional[OPTIONAL_BYTES];
    uint16_t magic;

    if (!offset || !read(context, offset, nt, sizeof(nt)) || bytes_u32(nt) != 0x4550)
        return false;
    image.cpu = cpu_of(bytes_u16(nt + 4));
    image.timestamp = bytes_u32(nt + 8);
    if (image.cpu == CPU_UNKNOWN || bytes_u16(nt + 20) < OPTIONAL_BYTES - 48 ||
        !read(context, offset + NT_HEADER_BYTES, optional, sizeof(optional)))
        return false;
    magic = bytes_u16(optional);
    if (magic != (image.cpu == CPU_X86 ? OPTIONAL_PE32 : OPTIONAL_PE32_PLUS))
        return false;
    image.size_bytes = bytes_u32(optional + 56);
    if (image.cpu != CPU_X86 && bytes_u16(nt + 20) >= OPTIONAL_BYTES)
        table_open(&image, optional);
    *ret = image;
    return true;
}

/* Reads entry number index; the end is known on amd64 only. */
static bool entry_read(const struct unwind_image *image, uint32_t index, struct unwind_entry *ret)
{
    uint32_t size = entry_bytes(image->cpu);
    uint8_t entry[12];

    if (!image->read(image->context, image->table_rva + index * size, entry, size))
        return false;
    ret->begin = bytes_u32(entry);
    ret->end = size == 12 ? bytes_u32(entry + 4) : 0;
    ret->unwind = bytes_u32(entry + size - 4);
    return true;
}

static enum unwind_coverage image_entry(const void *context, uint32_t rva, struct unwind_entry *ret)
{
    const struct unwind_image *image = context;
    uint32_t low = 0, high = image->table_count;
    struct unwind_entry entry;

    if (!high || rva >= image->size_bytes)
        return UNWIND_COVERAGE_NONE;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (!entry_read(image, middle, &entry))
            return UNWIND_COVERAGE_NONE;
        if (entry.begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return UNWIND_COVERAGE_LEAF;
    if (!entry_read(image, low - 1, &entry))
        return UNWIND_COVERAGE_NONE;
    if (entry.begin > rva || (entry.end && rva >= entry.end))
        return UNWIND_COVERAGE_LEAF;
    *ret = entry;
    return UNWIND_COVERAGE_ENTRY;
}

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    const struct unwind_image *image = context;

    return image->read(image->context, rva, ret, size);
}

struct unwind_source unwind_image_source(const struct unwind_image *image, uint64_t base)
{
    return (struct unwind_source){base, image, image_read, image_entry};
}
