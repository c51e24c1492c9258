/* signature.h - one line that names a crash, and the hash by which reports are grouped.
 *
 * Title: front tags, then the frames that matter, joined by " | ": what says nothing is passed over, what says too little (memcpy, std::,
 * abort) is kept and its caller too, up to the first frame that says enough (rules.h). A frame is its function's normalised name
 * (normal.h), or `module!+0xRVA` where the function is not known; then the hash also covers the module's code id, so that two builds with
 * different code at one offset stay apart while their titles look alike. A `fingerprint` takes the place of the frames. */
#ifndef SALVOR_SIGNATURE_SIGNATURE_H
#define SALVOR_SIGNATURE_SIGNATURE_H
#include "base/buffer.h"
#include "signature/rules.h"

#define SIGNATURE_VERSION   2u /* of the rules; a report signed by other rules is signed again */
#define SIGNATURE_MAX_TITLE 255u
#define SIGNATURE_MAX_TAGS  4u
#define SIGNATURE_TAG_BYTES 64u
#define SIGNATURE_MAX_PARTS 8u /* frames in a title */

#define SIGNATURE_DEFAULT "{{default}}" /* in a fingerprint: what would be signed without it */

struct signature_frame {
    const char *module;     /* base name; NULL when the address lies in none */
    const char *code_id;    /* "" when unknown */
    const char *function;   /* NULL when unknown */
    uint64_t module_offset; /* of an address inside the running instruction */
};

struct signature_input {
    const struct signature_frame *frames; /* of the crashing thread, innermost first; inlined functions are frames of their own */
    size_t frame_count;
    uint32_t exception_code; /* 0 = none */
    bool has_fast_fail;
    uint64_t fast_fail;      /* its subcode */
    bool no_dump;            /* the report has no dump: program and exception_code alone are signed */
    const char *program;     /* file name of the program, or NULL */
    const char *why_empty;   /* why there are no frames, one sentence part; NULL = "the stack has no frames" */
    const char *fingerprint; /* NULL or "" = none */
};

struct signature {
    char title[SIGNATURE_MAX_TITLE + 1];
    uint64_t hash;
    uint32_t version;
    size_t tag_count;
    char tags[SIGNATURE_MAX_TAGS][SIGNATURE_TAG_BYTES]; /* "fastfail FATAL_APP_EXIT", "stackoverflow", ... */
    bool has_frame;                                     /* whether a frame was signed, and the index of the last one: the one to blame */
    size_t frame;
};

/* explain: NULL, or gets a line for each step. */
void signature_make(const struct signature_rules *rules, const struct signature_input *input, struct buffer *explain,
                    struct signature *ret);

#endif
