/* signature.h - one line that names a crash, and the hash by which reports are grouped.
 *
 * Title: front tags, then the first frame that is the program's own doing, as `module!+0xRVA` (or its function, once frames are named).
 * Frames of the system's exception dispatch and of the C runtime's way out are passed over when a frame of the program follows.
 * The hash also covers the module's code id, so two builds with different code at one offset stay apart while their titles look alike. */
#ifndef SALVOR_SIGNATURE_SIGNATURE_H
#define SALVOR_SIGNATURE_SIGNATURE_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_VERSION   1u /* of the rules; a report signed by other rules is signed again */
#define SIGNATURE_MAX_TITLE 255u
#define SIGNATURE_MAX_TAGS  4u
#define SIGNATURE_TAG_BYTES 64u

struct signature_frame {
    const char *module;     /* base name; NULL when the address lies in none */
    const char *code_id;    /* "" when unknown */
    const char *function;   /* NULL when unknown */
    uint64_t module_offset; /* of an address inside the running instruction */
};

struct signature_input {
    const struct signature_frame *frames; /* of the crashing thread, innermost first */
    size_t frame_count;
    uint32_t exception_code; /* 0 = none */
    bool has_fast_fail;
    uint64_t fast_fail;    /* its subcode */
    bool no_dump;          /* the report has no dump: program and exception_code alone are signed */
    const char *program;   /* file name of the program, or NULL */
    const char *why_empty; /* why there are no frames, one sentence part; NULL = "the stack has no frames" */
};

struct signature {
    char title[SIGNATURE_MAX_TITLE + 1];
    uint64_t hash;
    uint32_t version;
    size_t tag_count;
    char tags[SIGNATURE_MAX_TAGS][SIGNATURE_TAG_BYTES]; /* "fastfail FATAL_APP_EXIT", "stackoverflow", ... */
    bool has_frame;                                     /* whether a frame was signed, and its index */
    size_t frame;
};

void signature_make(const struct signature_input *input, struct signature *ret);

#endif
