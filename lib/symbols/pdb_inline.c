/* pdb_inline.c - inline sites. Their binary annotations are a small program (cvinfo.h, CodeViewSymbols BinaryAnnotationOpcode): it moves
 * through code and lines, and each step in code starts a row that lasts until the next one or for a length that it is told. */
#include "symbols/pdb_reader.h"

enum annotation {
    ANNOTATION_END = 0,
    ANNOTATION_CODE_OFFSET = 1,
    ANNOTATION_BASE = 2,
    ANNOTATION_CODE = 3,
    ANNOTATION_LENGTH = 4,
    ANNOTATION_FILE = 5,
    ANNOTATION_LINE = 6,
    ANNOTATION_LAST_SIMPLE = 10, /* 7 to 10: line ends, kinds of ranges, columns */
    ANNOTATION_CODE_AND_LINE = 11,
    ANNOTATION_LENGTH_AND_CODE = 12,
    ANNOTATION_COLUMN_END = 13
};

struct site {
    struct pdb *pdb;
    struct pdb_lines *lines;
    uint32_t linked; /* where the function starts */
    uint32_t number, level;
    uint32_t code, file_id, line;
    uint32_t open_line, open_file; /* of the row that has no end yet */
    uint32_t open_code;
    bool is_open;
    uint32_t range_start, range_end; /* rows that follow each other are one range */
};

/* Numbers take one, two or four bytes; false at the end, or for a form that does not exist. */
static bool next_number(struct span bytes, size_t *at, uint32_t *ret)
{
    uint8_t b[4];

    if (!span_u8(bytes, *at, &b[0]))
        return false;
    if (!(b[0] & 0x80)) {
        *ret = b[0];
        *at += 1;
        return true;
    }
    if (!(b[0] & 0x40)) {
        if (!span_u8(bytes, *at + 1, &b[1]))
            return false;
        *ret = (uint32_t)(b[0] & 0x3f) << 8 | b[1];
        *at += 2;
        return true;
    }
    if ((b[0] & 0x20) || !span_u8(bytes, *at + 1, &b[1]) || !span_u8(bytes, *at + 2, &b[2]) || !span_u8(bytes, *at + 3, &b[3]))
        return false;
    *ret = (uint32_t)(b[0] & 0x1f) << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    *at += 4;
    return true;
}

/* The sign is the lowest bit; the result wraps as the line does. */
static uint32_t signed_number(uint32_t number)
{
    return number & 1 ? 0u - (number >> 1) : number >> 1;
}

static void flush_range(struct site *site)
{
    struct pdb_piece linked = {site->range_start, site->range_end - site->range_start}, piece;

    while (linked.size && pdb_spend(site->pdb) && pdb_piece_next(site->pdb, &linked, &piece))
        symbol_builder_inline_range(site->pdb->builder, site->number, piece.rva, piece.size);
    site->range_start = site->range_end = 0;
}

static void put_row(struct site *site, uint32_t rva, uint32_t size)
{
    struct pdb_piece linked = {rva, size}, piece;
    uint32_t file = pdb_lines_file(site->lines, site->pdb, site->open_file);

    if (rva != site->range_end || !site->range_end) {
        flush_range(site);
        site->range_start = rva;
    }
    site->range_end = rva + size;
    while (linked.size && pdb_spend(site->pdb) && pdb_piece_next(site->pdb, &linked, &piece))
        symbol_builder_line(site->pdb->builder, piece.rva, piece.size, file, site->open_line, site->level);
}

/* Ends the open row at an offset of the function. */
static void close_row(struct site *site, uint32_t end)
{
    if (site->is_open && end > site->open_code && end <= UINT32_MAX - site->linked)
        put_row(site, site->linked + site->open_code, end - site->open_code);
    site->is_open = false;
}

static void open_row(struct site *site)
{
    close_row(site, site->code);
    site->is_open = true;
    site->open_code = site->code;
    site->open_file = site->file_id;
    site->open_line = site->line;
}

/* false: the program is over, or does not hold. */
static bool step(struct site *site, uint32_t operation, uint32_t operand, uint32_t second)
{
    switch (operation) {
    case ANNOTATION_CODE_OFFSET:
        site->code = operand;
        return true;
    case ANNOTATION_CODE:
        site->code += operand;
        open_row(site);
        return true;
    case ANNOTATION_LENGTH:
        site->code += operand;
        close_row(site, site->code);
        return true;
    case ANNOTATION_FILE:
        site->file_id = operand;
        return true;
    case ANNOTATION_LINE:
        site->line += signed_number(operand);
        return true;
    case ANNOTATION_CODE_AND_LINE:
        site->line += signed_number(operand >> 4);
        site->code += operand & 0xf;
        open_row(site);
        return true;
    case ANNOTATION_LENGTH_AND_CODE:
        site->code += second;
        open_row(site);
        close_row(site, operand <= UINT32_MAX - site->code ? site->code + operand : UINT32_MAX);
        return true;
    default: /* code in another place (2) cannot be located from here */
        return operation != ANNOTATION_END && operation != ANNOTATION_BASE &&
               (operation <= ANNOTATION_LAST_SIMPLE || operation == ANNOTATION_COLUMN_END);
    }
}

void pdb_inline_emit(struct pdb *pdb, struct pdb_lines *lines, uint32_t linked, uint32_t depth, uint32_t item, struct span annotations)
{
    const struct pdb_inlinee *inlinee = pdb_lines_inlinee(lines, item);
    struct site site = {.pdb = pdb, .lines = lines, .linked = linked, .level = depth + 1};
    uint32_t operation, operand, second = 0;
    size_t at = 0;

    site.file_id = inlinee ? inlinee->file_id : UINT32_MAX;
    site.line = inlinee ? inlinee->line : 0;
    site.number = symbol_builder_inline(pdb->builder, depth, pdb_item_name(pdb, item), SYMBOL_FILE_BY_LINES, 0);
    while (next_number(annotations, &at, &operation) && next_number(annotations, &at, &operand)) {
        if (operation == ANNOTATION_LENGTH_AND_CODE && !next_number(annotations, &at, &second))
            break;
        if (!step(&site, operation, operand, second))
            break;
    }
    flush_range(&site);
}
