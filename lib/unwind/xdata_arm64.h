/* xdata_arm64.h - unwind data of arm64, taken apart (https://learn.microsoft.com/cpp/build/arm64-exception-handling).
 *
 * Packed data has no codes of its own: it stands for a prologue in one fixed form, and is turned into the codes of that prologue here, so
 * that one reader serves both. */
#ifndef SALVOR_UNWIND_XDATA_ARM64_H
#define SALVOR_UNWIND_XDATA_ARM64_H
#include "unwind/source.h"

#define ARM64_MAX_CODE_BYTES 1020u /* 255 words */

/* The codes of one function, and where its epilogues are. */
struct arm64_xdata {
    uint8_t codes[ARM64_MAX_CODE_BYTES];
    size_t size;
    uint32_t function_bytes;
    bool is_unknown;       /* there, but of a version or form that is not known; the rest is not read then */
    bool has_prologue;     /* the codes' instructions stand at the function's start */
    bool has_end_epilogue; /* one epilogue, the function's last instructions, whose codes start at end_epilogue */
    uint32_t end_epilogue; /* index into codes */
    uint32_t scope_rva;    /* else: epilogues listed here, */
    uint32_t scope_count;  /* so many */
};

/* Reads what an entry's unwind word stands for. false: not there, or of an unknown version or form. */
bool arm64_xdata_read(const struct unwind_source *source, uint32_t unwind, struct arm64_xdata *ret);
/* Writes the codes that packed unwind data stands for. false: no compiler's form. */
bool arm64_xdata_of_packed(uint32_t packed, struct arm64_xdata *ret);

enum arm64_operation {
    ARM64_ALLOC,  /* bytes */
    ARM64_SAVE,   /* registers at sp + bytes */
    ARM64_PUSH,   /* registers at sp after bytes were taken from it */
    ARM64_SET_FP, /* fp = sp + bytes */
    ARM64_NOP,
    ARM64_SAVE_NEXT, /* the next pair behind that of the code to come */
    ARM64_SIGN_LR,   /* lr carries a pointer authentication code */
    ARM64_MACHINE_FRAME,
    ARM64_CONTEXT,
    ARM64_MARK, /* stands for no instruction, restores nothing */
    ARM64_END,
    ARM64_END_CHAINED, /* of the instructions of this piece of a function; the codes of its other pieces follow */
};

enum arm64_bank { ARM64_BANK_X, ARM64_BANK_D, ARM64_BANK_Q };

struct arm64_code {
    enum arm64_operation operation;
    enum arm64_bank bank;
    uint8_t first, second; /* second: 0 = only one */
    uint32_t bytes;
};

/* Reads the code at *at and moves *at behind it. false: at the end of the bytes, or no known code. */
bool arm64_code_next(const struct arm64_xdata *xdata, size_t *at, struct arm64_code *ret);
/* How many instructions the codes from at on stand for, up to their end. */
uint32_t arm64_code_instructions(const struct arm64_xdata *xdata, size_t at);

#endif
