/* dumper_process.h - the broker's hold on one dumper: started before it is needed or when it is, held in a job object, used once. */
#ifndef SALVOR_COLLECTOR_WIN_DUMPER_PROCESS_H
#define SALVOR_COLLECTOR_WIN_DUMPER_PROCESS_H
#include "../task.h"
#include "base/buffer.h"
#include "base/process.h"
#include <stdbool.h>
#include <windows.h>

/* What a dumper may do. */
struct dumper_rights {
    HANDLE token;         /* a client's without its privileges; NULL: our own */
    bool is_known;        /* whether another client's may be the same */
    struct buffer detail; /* of the token, see token_describe */
};

/* Those that a dump of process takes: its own when as_client, else ours. */
void dumper_rights_of(struct dumper_rights *ret, bool as_client, HANDLE process);
bool dumper_rights_equal(const struct dumper_rights *a, const struct dumper_rights *b);
void dumper_rights_done(struct dumper_rights *rights); /* may be called twice */

struct dumper_process {
    struct process *process;
    volatile struct dump_task *task;
    HANDLE limits, section, go;
};

/* Starts one. command: program and words, NULL-terminated. On an error *ret_why is one sentence part. */
enum status dumper_process_start(struct dumper_process **ret, const char *const *command, const struct dumper_rights *rights,
                                 const char **ret_why);
/* Gives it a copy of one of our handles, whose value there goes to *ret_value. */
bool dumper_process_give(struct dumper_process *dumper, HANDLE ours, DWORD rights, DWORD options, volatile uint64_t *ret_value);
void dumper_process_go(struct dumper_process *dumper); /* the task is complete */
bool dumper_process_is_alive(const struct dumper_process *dumper);
void dumper_process_free(struct dumper_process *dumper); /* ends it; accepts NULL */

#endif
