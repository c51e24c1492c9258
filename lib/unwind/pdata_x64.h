/* pdata_x64.h - what the parts of amd64 unwinding share; not for other folders. */
#ifndef SALVOR_UNWIND_PDATA_X64_H
#define SALVOR_UNWIND_PDATA_X64_H
#include "unwind/method.h"
#include "unwind/source.h"
#include "unwind/xdata_x64.h"

/* One frame while its effects on registers are undone. */
struct pdata_frame {
    const struct unwind_request *request;
    const struct unwind_source *source;
    uint32_t rva; /* of the instruction pointer */
    struct cpu_state state;
    bool was_interrupted; /* the frame ended with a machine frame: ip and rsp are the caller's already */
};

/* Pops one word off the frame's stack into a register. */
bool pdata_pop(struct pdata_frame *frame, unsigned number);
/* Undoes the prologue's instructions, as far as they have run. is_whole: all of them have. false: memory or codes are missing. */
bool pdata_undo_codes(struct pdata_frame *frame, const struct xdata *xdata, uint32_t prologue_offset, bool is_whole);
/* When the instruction pointer stands among the last instructions of an epilogue, does what they still would, but for the return itself.
 * false: it stands elsewhere; then the frame is as it was. */
bool pdata_finish_epilogue(struct pdata_frame *frame, const struct unwind_entry *entry, const struct xdata *xdata);

#endif
