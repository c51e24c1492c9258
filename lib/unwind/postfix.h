/* postfix.h - the postfix expressions of symbol files' unwind rules: STACK CFI and STACK WIN
 * (https://chromium.googlesource.com/breakpad/breakpad/+/HEAD/docs/symbol_files.md). */
#ifndef SALVOR_UNWIND_POSTFIX_H
#define SALVOR_UNWIND_POSTFIX_H
#include "base/bytes.h"

#define POSTFIX_MAX_STACK 64u
#define POSTFIX_MAX_STEPS 8192u /* of all expressions of one frame; real frames take less than a hundred */

/* What an expression may ask for. name has no terminator. */
struct postfix {
    void *context;
    unsigned pointer_bytes; /* numbers wrap at this size */
    size_t steps;           /* what is left of POSTFIX_MAX_STEPS */
    bool (*get)(void *context, struct span name, uint64_t *ret);
    bool (*set)(void *context, struct span name, uint64_t value); /* for =; NULL: there is none */
    bool (*read)(void *context, uint64_t address, uint64_t *ret); /* for ^: one word of memory */
};

/* Takes the next word off text; false at its end. */
bool postfix_word(struct span *text, struct span *ret);
/* Whether a word is spelled so. */
bool postfix_is(struct span word, const char *text);

/* Evaluates + - * / % @ ^ = over numbers and names. ret gets the one value left at the end; with ret NULL nothing may be left. false: names
 * or memory are unknown, or the expression is malformed. */
bool postfix_run(struct postfix *postfix, struct span text, uint64_t *ret);

#endif
