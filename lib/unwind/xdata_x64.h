/* xdata_x64.h - UNWIND_INFO of amd64, taken apart (https://learn.microsoft.com/cpp/build/exception-handling-x64). */
#ifndef SALVOR_UNWIND_XDATA_X64_H
#define SALVOR_UNWIND_XDATA_X64_H
#include "unwind/source.h"

#define XDATA_MAX_SLOTS 255u

enum xdata_operation {
    XDATA_PUSH = 0,
    XDATA_ALLOC_LARGE = 1,
    XDATA_ALLOC_SMALL = 2,
    XDATA_SET_FRAME = 3,
    XDATA_SAVE = 4,
    XDATA_SAVE_FAR = 5,
    XDATA_EPILOGUE = 6, /* version 2; version 1 had an obsolete save of half an xmm register here */
    XDATA_SPARE = 7,
    XDATA_SAVE_XMM = 8,
    XDATA_SAVE_XMM_FAR = 9,
    XDATA_MACHINE_FRAME = 10,
};

struct xdata {
    uint8_t version, prologue_bytes;
    uint8_t frame_register; /* 0 = none */
    uint32_t frame_offset_bytes;
    bool is_chained;
    bool is_unknown;           /* there, but of a version that is not known; the rest is not read then */
    struct unwind_entry chain; /* when it is */
    uint8_t slots[2 * XDATA_MAX_SLOTS + 2];
    size_t slot_count;
};

/* One unwind code; value: bytes allocated, or bytes above the frame's base where a register was saved. */
struct xdata_code {
    enum xdata_operation operation;
    uint8_t offset; /* into the function: where the instruction ends */
    uint8_t info;   /* register, or whether a machine frame has an error code */
    uint32_t value;
};

/* Reads the unwind info at rva. false: not there, or of an unknown version. */
bool xdata_read(const struct unwind_source *source, uint32_t rva, struct xdata *ret);
/* Steps through the codes, last instruction of the prologue first; *cursor starts at 0. Codes that describe epilogues are passed over.
 * Returns false at the end, or, with *cursor beyond the slots, where the codes are malformed. */
bool xdata_next(const struct xdata *xdata, size_t *cursor, struct xdata_code *ret);
/* Whether all codes were read. */
static inline bool xdata_ended(const struct xdata *xdata, size_t cursor)
{
    return cursor == xdata->slot_count;
}

/* The epilogue that holds rva as version 2 lists them. *ret_begin is where its first instruction stands. */
bool xdata_epilogue(const struct xdata *xdata, const struct unwind_entry *entry, uint32_t rva, uint32_t *ret_begin);

#endif
