/* cache.h - the compiled symbol table's bytes; not for other folders.
 *
 * Little-endian. A header, then sections in the order of enum cache_section, each at a multiple of 64. Unwind records' keys
 * stand alone in a section of their own, so that a search touches few cache lines; entry i of both belongs together. Texts are offsets into
 * CACHE_TEXTS, whose first byte and last byte are NUL.
 *
 *   CACHE_FUNCTIONS       {u32 rva, end, start, name, parameter_bytes, flags, place_first, place_count}
 *                         pieces by rva that do not overlap; start is the function's own start, which for a piece behind a nested
 *                         function lies before it
 *   CACHE_FUNCTION_INDEX  u32 shift, then for k = 0, 1 ... the number of pieces whose rva is below k << shift; about one piece
 *                         between two of them, so that a search starts where it ends
 *   CACHE_PLACES          one function's run of n places: n times u32 rva, ascending, then n times {u32 file, line, inline}; place_first
 *                         and place_count are in places. A place holds until the next; inline 0 = none, else number + 1
 *   CACHE_INLINES         {u32 parent, name, call_file, call_line}: parent as in places, always a smaller number
 *   CACHE_FILES           u32 text each; number 0 is "no file"
 *   CACHE_CFI_RVAS, CACHE_CFI      u32; {u32 end, start, init_end, init, delta_first, delta_count}
 *   CACHE_DELTAS          {u32 rva, rules}, ascending within one record's run
 *   CACHE_WIN_RVAS, CACHE_WIN      u32; {u32 end, start, size, type, prologue, epilogue, parameters, saved, locals, stack, base, program}
 *                         FrameData; CACHE_FPO_RVAS and CACHE_FPO hold the other types
 *   CACHE_ENTRY_RVAS, CACHE_ENTRIES  u32; {u32 end, unwind}
 *   CACHE_IMAGES          {u32 rva, size, u64 offset in CACHE_BYTES}, ascending
 *   CACHE_BYTES           bytes
 *   CACHE_PROPERTIES      {u32 key, value}
 *   CACHE_NOTES           u32 text each
 *   CACHE_TEXTS           NUL-terminated UTF-8 */
#ifndef SALVOR_SYMBOLS_CACHE_H
#define SALVOR_SYMBOLS_CACHE_H
#include "base/bytes.h"
#include "base/status.h"

#define CACHE_MAGIC   "SVSYMTAB"
#define CACHE_VERSION 1u /* counts up with every change of the layout or of what readers put in */

enum cache_section {
    CACHE_FUNCTIONS,
    CACHE_FUNCTION_INDEX,
    CACHE_PLACES,
    CACHE_INLINES,
    CACHE_FILES,
    CACHE_CFI_RVAS,
    CACHE_CFI,
    CACHE_DELTAS,
    CACHE_WIN_RVAS,
    CACHE_WIN,
    CACHE_FPO_RVAS,
    CACHE_FPO,
    CACHE_ENTRY_RVAS,
    CACHE_ENTRIES,
    CACHE_IMAGES,
    CACHE_BYTES,
    CACHE_PROPERTIES,
    CACHE_NOTES,
    CACHE_TEXTS,
    CACHE_SECTIONS
};

/* Header: 8 bytes magic, u32 version, u32 header size, u64 file size, u64 checksum of everything behind the checksum field,
 * then for each section {u64 offset, u64 size}. */
#define CACHE_OFFSET_VERSION  8u
#define CACHE_OFFSET_HEADER   12u
#define CACHE_OFFSET_SIZE     16u
#define CACHE_OFFSET_CHECKSUM 24u
#define CACHE_OFFSET_SECTIONS 32u
#define CACHE_HEADER_BYTES    (CACHE_OFFSET_SECTIONS + 16u * CACHE_SECTIONS)

#define CACHE_FLAG_PUBLIC 1u
#define CACHE_FLAG_FOLDED 2u

/* Bytes of one entry of a section. */
uint32_t cache_entry_bytes(enum cache_section section);

/* A checksum that runs at memory speed (four multiplying lanes of 64 bits over blocks of 32 bytes); finds damage, not malice. Pieces may be
 * of any size. */
struct cache_checksum {
    uint64_t lanes[4], total;
    uint8_t rest[32];
    size_t rest_bytes;
};
void cache_checksum_init(struct cache_checksum *checksum);
void cache_checksum_add(struct cache_checksum *checksum, const void *bytes, size_t size);
uint64_t cache_checksum_end(struct cache_checksum *checksum);

#endif
