/* pdb_frames.c - how x86 functions lay out their stack: FPO rows, and FrameData with its programs. */
#include "symbols/pdb_reader.h"

#define FPO_ROW   16u
#define FRAME_ROW 32u

#define FPO_BP_ALLOCATED 0x10u /* in the second byte of the bits: 3 registers, SEH, base pointer, reserved, 2 kind of frame */

/* Gives a record once for each place where its linked range runs. */
static void put_win(struct pdb *pdb, struct symbol_win *win)
{
    struct pdb_piece linked = {win->rva, win->size}, piece;

    while (linked.size && pdb_spend(pdb) && pdb_piece_next(pdb, &linked, &piece)) {
        win->rva = piece.rva;
        win->size = piece.size;
        symbol_builder_win(pdb->builder, win);
    }
}

/* FPO_DATA: {offset, size, locals in words: u32; parameters in words: u16; prologue: u8; bits: u8} */
static void read_fpo(struct pdb *pdb, const uint8_t *row)
{
    uint8_t bits = row[15];
    struct symbol_win win = {
        .type = bits >> 6,
        .rva = bytes_u32(row),
        .size = bytes_u32(row + 4),
        .local_bytes = bytes_u32(row + 8) * 4,
        .parameter_bytes = bytes_u16(row + 12) * 4u,
        .prologue_bytes = row[14],
        .saved_register_bytes = (bits & 7u) * 4u,
        .allocates_base_pointer = (bits & FPO_BP_ALLOCATED) != 0,
        .program = "",
    };

    put_win(pdb, &win);
}

/* {rva, size, locals, parameters, most stack, program: u32; prologue, saved registers: u16; flags: u32} */
static void read_frame(struct pdb *pdb, const uint8_t *row)
{
    struct span program;
    struct symbol_win win = {
        .type = SYMBOL_WIN_FRAME_DATA,
        .rva = bytes_u32(row),
        .size = bytes_u32(row + 4),
        .local_bytes = bytes_u32(row + 8),
        .parameter_bytes = bytes_u32(row + 12),
        .max_stack_bytes = bytes_u32(row + 16),
        .prologue_bytes = bytes_u16(row + 24),
        .saved_register_bytes = bytes_u16(row + 26),
        .program = "",
    };

    if (pdb_string(pdb, bytes_u32(row + 20), &program))
        win.program = (const char *)program.data; /* the stream's texts are terminated */
    else
        pdb->damaged++;
    put_win(pdb, &win);
}

enum status pdb_frames(struct pdb *pdb)
{
    struct msf_view fpo, frames = {{NULL, 0}, NULL};
    enum status status = msf_view_open(pdb->msf, pdb->dbi.fpo_stream, &fpo);
    size_t at;

    if (status)
        return status;
    status = msf_view_open(pdb->msf, pdb->dbi.frame_stream, &frames);
    if (!status) {
        for (at = 0; at + FPO_ROW <= fpo.bytes.len; at += FPO_ROW)
            read_fpo(pdb, fpo.bytes.data + at);
        /* Some writers put a 32-bit word before the rows. */
        for (at = frames.bytes.len % FRAME_ROW == 4 ? 4 : 0; at + FRAME_ROW <= frames.bytes.len; at += FRAME_ROW)
            read_frame(pdb, frames.bytes.data + at);
    }
    msf_view_done(&frames);
    msf_view_done(&fpo);
    return status;
}
