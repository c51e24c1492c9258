/* analysis.h - everything that processing finds out about one dump, as a model that writers turn into JSON or text. */
#ifndef SALVOR_SERVER_PROCESS_ANALYSIS_H
#define SALVOR_SERVER_PROCESS_ANALYSIS_H
#include "minidump/minidump.h"
#include "minidump/reason.h"
#include "process/dwarf.h"
#include "process/enclosed.h"
#include "process/naming.h"
#include "signature/signature.h"
#include "unwind/unwind.h"

#define ANALYSIS_MAX_FRAMES     65536u    /* of all threads together */
#define ANALYSIS_MAX_SCAN_WORDS 16777216u /* of all threads together */
#define ANALYSIS_MAX_NOTES      32u       /* what is said of unwind data; one for each module and kind */
#define ANALYSIS_SIGNED_FRAMES  128u      /* how many functions of the crashing thread the signature looks at */

/* What a caller may add to a dump; all may be zero. */
struct analysis_options {
    const char *const *symbol_folders; /* searched in this order; lib/symbols/locate.h tells their layouts */
    size_t symbol_folder_count;
    const char *symbol_cache;                            /* folder for compiled symbols; NULL: they are compiled again each time */
    void (*on_compile)(void *context, const char *file); /* called before a symbol file is compiled; may be NULL */
    void *on_compile_context;
    const struct signature_rules *rules; /* NULL: the defaults */
    struct dwarf *dwarf;                 /* for images with DWARF; NULL: they have no names */
    struct buffer *explain;              /* gets the steps of the signature; may be NULL */
};

struct analysis_thread {
    bool has_registers;
    const char *why_no_registers; /* one sentence part; NULL when it has them */
    struct cpu_state registers;
    struct unwind_stack stack;
};

/* Unwind data of a module that is not understood; walks went on by other means. */
struct analysis_note {
    size_t module;    /* index, or MINIDUMP_NONE */
    uint64_t address; /* the first code that it was met at */
    const char *what; /* completes "the code at ..." */
};

struct analysis {
    struct minidump *minidump;
    struct enclosed enclosed;
    struct minidump_reason reason;
    struct analysis_thread *threads; /* one for each of minidump->threads */
    size_t crashing_thread;          /* index, or MINIDUMP_NONE */
    size_t main_module;              /* index, or MINIDUMP_NONE */
    struct signature signature;
    struct symbol_store *store;
    struct naming *naming;
    struct analysis_note notes[ANALYSIS_MAX_NOTES];
    size_t note_count;
};

/* Analyses a dump or report container; file must stay as it is until analysis_free. options may be NULL. On an error *ret_why says it as
 * one sentence. Errors: as minidump_open. */
enum status analysis_create(struct analysis **ret, struct span file, const struct analysis_options *options, const char **ret_why);
void analysis_free(struct analysis *analysis); /* accepts NULL */

/* The module that a frame runs in, or NULL. */
const struct minidump_module *analysis_frame_module(const struct analysis *analysis, const struct unwind_frame *frame);
/* The functions that a frame stands for, innermost first; those before the last were inlined. 0 when none is known. */
size_t analysis_frame_functions(const struct analysis *analysis, const struct unwind_frame *frame,
                                struct symbol_frame ret[SYMBOLS_MAX_FRAMES]);

/* A note as a sentence part for people. */
#define ANALYSIS_NOTE_BYTES 512u
void analysis_note_text(const struct analysis *analysis, const struct analysis_note *note, char ret[ANALYSIS_NOTE_BYTES]);

#endif
