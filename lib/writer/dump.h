/* dump.h - one dump with all that goes into it, no larger than it may be.
 *
 * The monitor's dumper, the WER module and the client's last resort all write through it. A dump that would be too large is written anew
 * with less: first without the program's own streams, ranges of memory and memory information, as far as they do not fit, then as a poorer
 * kind. Stacks, modules, exception and record are in the poorest, which stays even where it is too large: a dump is never cut off. What was
 * left out is named in the record. Windows only. */
#ifndef SALVOR_WRITER_DUMP_H
#define SALVOR_WRITER_DUMP_H
#include "writer/append.h"
#include "writer/extra.h"

/* Writes a dump with additions into an empty file; *ret_over as minidump_append's. On an error *ret_why and *ret_error as minidump_write's.
 */
typedef enum status (*dump_writer)(const struct minidump_request *request, const struct minidump_addition *addition, uint64_t *ret_over,
                                   const char **ret_why, DWORD *ret_error);

struct dump_order {
    HANDLE process, file;
    uint32_t pid, pointer_bits;
    uint32_t most_kind;           /* policy: SALVOR_DUMP_* of salvor.h; 0 = as the program asks */
    uint64_t most_bytes;          /* dump_bound's */
    const struct block *copy;     /* checked: what kind the program asks for, exception, breadcrumbs */
    const char *record_text;      /* the whole record, to which */
    struct record_writer *record; /* adds; the dump has it as it is before the dump is written */
    uint8_t *log;                 /* room for BLOCK_LOG_BYTES */
    struct extra *extra;          /* loses the streams that are left out */
    dump_writer write;            /* dbghelp_dump_write, or self_dump_write in the process itself */
    void (*progress)(void *context);
    void *context;
};

/* The smaller of a program's and a policy's bound, each with 0 for none; UINT64_MAX without either. */
uint64_t dump_bound(uint64_t of_program, uint64_t of_policy);

/* Writes the dump into the empty file. Errors as minidump_write's. */
enum status dump_write(const struct dump_order *order, const char **ret_why, DWORD *ret_error);

#endif
