/* matrix.h - lets programs die as rows of the matrix say and reads what the layers made of it. */
#ifndef SALVOR_TESTS_MATRIX_H
#define SALVOR_TESTS_MATRIX_H
#include "harness.h"
#include "matrix_rows.h"

#define MATRIX_MAX_DEATHS  64
#define MATRIX_MAX_REPORTS 128
#define MATRIX_WORD        64

enum matrix_column { COLUMN_VEH, COLUMN_FILTER, COLUMN_RESORT, COLUMN_MODULE, COLUMN_DUMPS, COLUMN_EXIT, COLUMN_COUNT };

struct matrix_row {
    const char *name, *arguments;
    uint32_t code, bare_exit; /* the exception's; the process's when nobody in it saw the death */
    const char *reason;
    bool is_sampled;
    enum matrix_cell cells[COLUMN_COUNT];
};
extern const struct matrix_row matrix_rows[];
extern const size_t matrix_row_count;

/* Where the fault will lie and in which thread, as the dying program says; more than one thread may die at once. */
struct matrix_site {
    uint64_t begin, end;
    uint32_t thread;
};

/* One program that dies. */
struct matrix_death {
    const struct matrix_row *row;
    char name[2 * MATRIX_WORD]; /* row_layer */
    struct process *process;
    void *held; /* a handle of the program, so that nobody else gets its pid; matrix_let_go closes it */
    bool below_werhost;
    uint32_t pid, exit_code;
    struct matrix_site sites[2];
    size_t site_count;
};

/* How all of a run's programs are started. */
struct matrix_run {
    const char *pipe, *spool_dir;
    const char *more; /* further arguments with blanks between, or "" */
    bool wer;         /* WER is set up: what only WER sees dies below werhost */
    size_t at_once;
};
/* Lets all of them die, at_once of them at a time, and waits for the last. */
void matrix_let_die(const struct matrix_run *run, struct matrix_death *deaths, size_t count);

void matrix_let_go(struct matrix_death *deaths, size_t count);

/* What a report says. */
struct matrix_report {
    uint32_t pid, exit_code;
    uint64_t dump_bytes;
    uint32_t code, thread; /* of the dump's exception stream; 0 without a dump */
    uint32_t threads;      /* how many the dump has */
    uint64_t address;
    char layer[MATRIX_WORD], layers[2 * MATRIX_WORD], source[MATRIX_WORD], filter_faulted[MATRIX_WORD];
};
/* Every report that waits in a queue that nobody works on. Dumps are also copied to <prefix><pid>.dmp (NULL: not). */
size_t matrix_read(const char *queue, const char *prefix, struct matrix_report *ret, size_t max);

#endif
