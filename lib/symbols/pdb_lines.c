/* pdb_lines.c - a module's C13 information: which code comes from which line, source files, and where inlined functions stand in source. */
#include "symbols/pdb_reader.h"
#include <stdlib.h>
#include <string.h>

#define SUBSECTION_LINES    0xf2u
#define SUBSECTION_FILES    0xf4u
#define SUBSECTION_INLINEES 0xf6u

#define LINES_HEADER_BYTES  12u /* {u32 offset, u16 section, u16 flags, u32 size} */
#define LINES_BLOCK_BYTES   12u /* {u32 file, u32 count, u32 bytes of the block} */
#define LINES_ROW_BYTES     8u  /* {u32 offset, u32 line and flags} */
#define LINE_MASK           0xffffffu
#define LINE_NEVER_STEP     0xfeefeeu /* hints for debuggers, not lines */
#define LINE_ALWAYS_STEP    0xf00f00u
#define INLINEES_WITH_FILES 1u
#define ROWS_AT_FIRST       256u

/* Makes room for one more element; false without memory. */
static bool grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : ROWS_AT_FIRST;
    void *more = realloc(*items, larger * size);
    if (!more)
        return false;
    *items = more;
    *capacity = larger;
    return true;
}

static enum status add_row(struct pdb_lines *lines, struct pdb_row row)
{
    void *rows = lines->rows;

    if (!grow(&rows, lines->row_count, &lines->row_capacity, sizeof(row)))
        return ST_MEMORY;
    lines->rows = rows;
    lines->rows[lines->row_count++] = row;
    return ST_OK;
}

/* One block: the rows of one file, without those that are only hints. size is 0 until the next row is known. */
static enum status read_block(struct pdb_lines *lines, struct span rows, uint32_t file_id, uint32_t linked)
{
    enum status status = ST_OK;

    for (size_t at = 0; at < rows.len && !status; at += LINES_ROW_BYTES) {
        uint32_t offset = bytes_u32(rows.data + at), line = bytes_u32(rows.data + at + 4) & LINE_MASK;
        if (line == LINE_NEVER_STEP || line == LINE_ALWAYS_STEP || offset > UINT32_MAX - linked)
            continue;
        status = add_row(lines, (struct pdb_row){linked + offset, 0, file_id, line});
    }
    return status;
}

/* Blocks of several files each ascend, and lie between each other: sorted by address, the later of two at one address behind. */
static int compare_rows(const void *a, const void *b)
{
    const struct pdb_row *x = a, *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

/* Rows last until the next one, the last until the end of the contribution. */
static void close_rows(struct pdb_row *rows, size_t count, uint32_t end)
{
    bool is_sorted = true;

    for (size_t i = 0; i < count; i++) {
        rows[i].size = (uint32_t)i; /* keeps the order of equal ones */
        is_sorted = is_sorted && (i == 0 || rows[i - 1].rva <= rows[i].rva);
    }
    if (!is_sorted)
        qsort(rows, count, sizeof(*rows), compare_rows);
    for (size_t i = 0; i < count; i++) {
        uint32_t next = i + 1 < count ? rows[i + 1].rva : end;
        next = next < end ? next : end;
        rows[i].size = next > rows[i].rva ? next - rows[i].rva : 0;
    }
}

static enum status read_lines(struct pdb_lines *lines, struct pdb *pdb, struct span part)
{
    size_t first = lines->row_count;
    uint64_t at = LINES_HEADER_BYTES;
    struct span block, rows;
    enum status status = ST_OK;
    uint32_t linked;

    if (!span_has(part, 0, LINES_HEADER_BYTES) ||
        !pdb_linked_rva(&pdb->addresses, bytes_u16(part.data + 4), bytes_u32(part.data), &linked)) {
        pdb->damaged++;
        return ST_OK;
    }
    while (!status && span_sub(part, at, LINES_BLOCK_BYTES, &block)) {
        uint32_t count = bytes_u32(block.data + 4), size = bytes_u32(block.data + 8);
        if (size < LINES_BLOCK_BYTES || !span_sub(part, at + LINES_BLOCK_BYTES, (uint64_t)count * LINES_ROW_BYTES, &rows)) {
            pdb->damaged++;
            break;
        }
        status = read_block(lines, rows, bytes_u32(block.data), linked);
        at += size;
    }
    uint32_t size = bytes_u32(part.data + 8);
    if (lines->row_count > first)
        close_rows(lines->rows + first, lines->row_count - first, size <= UINT32_MAX - linked ? linked + size : UINT32_MAX);
    return status;
}

static enum status read_inlinees(struct pdb_lines *lines, struct span part)
{
    uint32_t kind = 0, extra = 0;
    struct span row;
    void *items;

    if (!span_u32(part, 0, &kind))
        return ST_OK;
    for (uint64_t at = 4; span_sub(part, at, 12, &row); at += 12) {
        items = lines->inlinees;
        if (!grow(&items, lines->inlinee_count, &lines->inlinee_capacity, sizeof(*lines->inlinees)))
            return ST_MEMORY;
        lines->inlinees = items;
        lines->inlinees[lines->inlinee_count++] =
            (struct pdb_inlinee){bytes_u32(row.data), bytes_u32(row.data + 4), bytes_u32(row.data + 8)};
        if (kind == INLINEES_WITH_FILES) {
            if (!span_u32(part, at + 12, &extra))
                break;
            at += 4 + 4 * (uint64_t)extra;
        }
    }
    return ST_OK;
}

static enum status read_subsection(struct pdb_lines *lines, struct pdb *pdb, uint32_t kind, struct span part)
{
    switch (kind) {
    case SUBSECTION_LINES:
        return read_lines(lines, pdb, part);
    case SUBSECTION_INLINEES:
        return read_inlinees(lines, part);
    case SUBSECTION_FILES:
        if (!lines->checksums.len)
            lines->checksums = part;
        return ST_OK;
    default:
        return ST_OK;
    }
}

static int compare_by_rva(const void *a, const void *b)
{
    const struct pdb_row *x = a, *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return 0;
}

static int compare_inlinees(const void *a, const void *b)
{
    const struct pdb_inlinee *x = a, *y = b;

    return x->item < y->item ? -1 : x->item > y->item;
}

/* Rows without bytes would hide those that have some from the search for overlaps. */
static void drop_empty_rows(struct pdb_lines *lines)
{
    size_t kept = 0;

    for (size_t i = 0; i < lines->row_count; i++)
        if (lines->rows[i].size > 0)
            lines->rows[kept++] = lines->rows[i];
    lines->row_count = kept;
}

enum status pdb_lines_open(struct pdb_lines *ret, struct pdb *pdb, struct span c13)
{
    uint32_t kind, size;
    uint64_t at = 0;
    struct span part;
    enum status status = ST_OK;

    *ret = (struct pdb_lines){.checksums = {c13.data, 0}};
    while (!status && span_u32(c13, at, &kind) && span_u32(c13, at + 4, &size)) {
        if (!span_sub(c13, at + 8, size, &part)) {
            pdb->damaged++;
            break;
        }
        status = read_subsection(ret, pdb, kind, part);
        at += 8 + (((uint64_t)size + 3) & ~(uint64_t)3);
    }
    if (status)
        return status;
    drop_empty_rows(ret);
    if (ret->rows)
        qsort(ret->rows, ret->row_count, sizeof(*ret->rows), compare_by_rva);
    if (ret->inlinees)
        qsort(ret->inlinees, ret->inlinee_count, sizeof(*ret->inlinees), compare_inlinees);
    ret->files = calloc(ret->checksums.len / 4 + 1, sizeof(*ret->files));
    return ret->files ? ST_OK : ST_MEMORY;
}

void pdb_lines_done(struct pdb_lines *lines)
{
    free(lines->rows);
    free(lines->inlinees);
    free(lines->files);
    *lines = (struct pdb_lines){0};
}

uint32_t pdb_lines_file(struct pdb_lines *lines, struct pdb *pdb, uint32_t file_id)
{
    uint32_t name;
    struct span path;

    if (!span_u32(lines->checksums, file_id, &name))
        return SYMBOL_FILE_NONE;
    uint32_t *kept = &lines->files[file_id / 4];
    if (!*kept)
        *kept =
            1 + (pdb_string(pdb, name, &path) ? symbol_builder_file(pdb->builder, (const char *)path.data, path.len) : SYMBOL_FILE_NONE);
    return *kept - 1;
}

const struct pdb_inlinee *pdb_lines_inlinee(const struct pdb_lines *lines, uint32_t item)
{
    struct pdb_inlinee key = {.item = item};

    return lines->inlinees ? bsearch(&key, lines->inlinees, lines->inlinee_count, sizeof(key), compare_inlinees) : NULL;
}

/* The first row that ends behind rva, provided that rows do not overlap; where damaged ones do, some lines are missed. */
static size_t first_row(const struct pdb_lines *lines, uint32_t rva)
{
    size_t low = 0, high = lines->row_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lines->rows[middle].rva + lines->rows[middle].size <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void pdb_lines_emit(struct pdb_lines *lines, struct pdb *pdb, uint32_t rva, uint32_t size)
{
    for (size_t i = first_row(lines, rva); i < lines->row_count; i++) {
        const struct pdb_row *row = &lines->rows[i];
        struct pdb_piece linked = {row->rva, row->size}, piece;
        if (row->rva >= rva && row->rva - rva >= size)
            return;
        uint32_t file = pdb_lines_file(lines, pdb, row->file_id);
        while (linked.size && pdb_spend(pdb) && pdb_piece_next(pdb, &linked, &piece))
            symbol_builder_line(pdb->builder, piece.rva, piece.size, file, row->line, 0);
    }
}
