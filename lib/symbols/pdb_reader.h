/* pdb_reader.h - what the parts of the PDB reader share; not for other files.
 *
 * Two spaces of addresses: those that the compiler's records mean (section and offset, or an RVA of the image as it was linked), and those
 * of the image that runs, which differ when a tool moved code afterwards and left OMAP tables. "linked" below means the former. */
#ifndef SALVOR_SYMBOLS_PDB_READER_H
#define SALVOR_SYMBOLS_PDB_READER_H
#include "symbols/msf.h"
#include "symbols/pdb.h"

#define PDB_BUDGET_PER_BYTE 4u   /* of struct pdb.budget; real files need less than one */
#define PDB_MAX_SCOPES      512u /* nested in one procedure; what lies deeper is left out */

/* pdb.c: names that streams have */

struct pdb_names {
    struct span texts, entries; /* NUL-terminated texts; {u32 offset of the name, u32 stream} */
};

/* pdb_dbi.c: the debug information stream */

struct pdb_dbi {
    struct msf_view view;
    uint32_t age;
    uint16_t machine, public_stream, record_stream;
    uint16_t fpo_stream, frame_stream, omap_stream, section_stream, original_section_stream;
    struct span modules;
};
struct pdb_module {
    uint16_t stream; /* MSF_NO_STREAM: no symbols of its own */
    uint32_t symbol_bytes, c11_bytes, c13_bytes;
    struct span name;
};
enum status pdb_dbi_open(struct pdb_dbi *ret, const struct msf *msf, const char **ret_why);
void pdb_dbi_done(struct pdb_dbi *dbi);
/* The module at *offset of the list, which moves on; false at the end or where the list does not hold. */
bool pdb_module_next(const struct pdb_dbi *dbi, size_t *offset, struct pdb_module *ret);

/* pdb_address.c: from section and offset to the image that runs */

struct pdb_addresses {
    struct msf_view sections, omap;
};
enum status pdb_addresses_open(struct pdb_addresses *ret, const struct msf *msf, const struct pdb_dbi *dbi);
void pdb_addresses_done(struct pdb_addresses *addresses);
/* The linked RVA; false when the section does not exist or is shorter. */
bool pdb_linked_rva(const struct pdb_addresses *addresses, uint16_t section, uint32_t offset, uint32_t *ret);
bool pdb_is_code(const struct pdb_addresses *addresses, uint16_t section);

/* pdb_types.c: names of inlined functions */

struct pdb_type_stream {
    struct msf_view view;
    uint32_t first, count;
    uint32_t *offsets; /* of each record in the view */
    bool is_damaged;   /* records are missing */
};
struct pdb_types {
    struct pdb_type_stream types, items;
    uint32_t *names; /* of items: texts already made, plus one; 0 = not asked for yet */
};
enum status pdb_types_open(struct pdb_types *ret, const struct msf *msf);
void pdb_types_done(struct pdb_types *types);

struct pdb_piece {
    uint32_t rva, size;
};

struct pdb {
    struct msf *msf;
    struct symbol_builder *builder;
    struct pdb_identity identity;
    struct pdb_names stream_names;
    struct msf_view info, strings; /* strings: the stream /names, where paths and frame programs stand */
    struct pdb_dbi dbi;
    struct pdb_addresses addresses;
    struct pdb_types types;
    /* Pieces of lines and inlines that may still be looked at: overlapping functions or wild OMAP tables would multiply them. */
    uint64_t budget;
    uint64_t file_bytes;
    uint32_t damaged; /* records that did not hold */
};

/* A NUL-terminated text at offset, without its NUL; false when there is none. */
bool pdb_text(struct span bytes, uint64_t offset, struct span *ret);
/* A text of the stream /names. */
bool pdb_string(const struct pdb *pdb, uint32_t offset, struct span *ret);
/* Takes one piece from the budget; false when it is used up. */
bool pdb_spend(struct pdb *pdb);
/* Cuts the next piece from the front of a linked range and says where it runs; false when nothing is left. */
bool pdb_piece_next(struct pdb *pdb, struct pdb_piece *linked, struct pdb_piece *ret);
/* The qualified name of an item (LF_FUNC_ID, LF_MFUNC_ID) as a text of the builder; SYMBOL_TEXT_NONE when it has none. */
uint32_t pdb_item_name(struct pdb *pdb, uint32_t item);

/* pdb_lines.c: a module's C13 information */

struct pdb_row {
    uint32_t rva, size; /* linked */
    uint32_t file_id, line;
};
struct pdb_inlinee {
    uint32_t item, file_id, line;
};
struct pdb_lines {
    struct span checksums; /* file ids are offsets into it */
    uint32_t *files;       /* by file id / 4: the builder's number plus one; 0 = not asked for yet */
    struct pdb_row *rows;  /* ascending, not overlapping within one contribution */
    size_t row_count, row_capacity;
    struct pdb_inlinee *inlinees; /* ascending by item */
    size_t inlinee_count, inlinee_capacity;
};
enum status pdb_lines_open(struct pdb_lines *ret, struct pdb *pdb, struct span c13);
void pdb_lines_done(struct pdb_lines *lines);
/* The builder's number of a file. */
uint32_t pdb_lines_file(struct pdb_lines *lines, struct pdb *pdb, uint32_t file_id);
const struct pdb_inlinee *pdb_lines_inlinee(const struct pdb_lines *lines, uint32_t item); /* NULL when unknown */
/* Gives the rows that touch a linked range to the builder's last function. */
void pdb_lines_emit(struct pdb_lines *lines, struct pdb *pdb, uint32_t rva, uint32_t size);

/* pdb_inline.c */

/* Gives an inline site at depth to the builder's last function, which starts at linked; annotations as in S_INLINESITE. */
void pdb_inline_emit(struct pdb *pdb, struct pdb_lines *lines, uint32_t linked, uint32_t depth, uint32_t item, struct span annotations);

/* pdb_symbols.c */

enum status pdb_symbols_modules(struct pdb *pdb);
enum status pdb_symbols_publics(struct pdb *pdb);

/* pdb_frames.c */

enum status pdb_frames(struct pdb *pdb);

#endif
