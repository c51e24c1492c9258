/* upload_run.h - one run of salvor-upload over the queue. */
#ifndef SALVOR_COLLECTOR_UPLOAD_RUN_H
#define SALVOR_COLLECTOR_UPLOAD_RUN_H
#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>

struct process_options;
struct upload_options {
    const char *program, *queue, *url;
    const char *log;                                /* the file that it logs to; NULL: to our stderr */
    uint64_t log_bytes;                             /* as of log_set_rotated_file */
    const char *key;                                /* NULL: none; it goes by the environment, since anybody can read a command line */
    void (*limit)(struct process_options *options); /* takes rights away from the uploader; may be NULL */
};

struct upload_result {
    uint32_t exit_code; /* 0 all accepted, 1 some refused for good, 3 some wait */
    uint64_t asked_ms;  /* the wait that the server asked for */
    bool is_misconfigured;
    char reason[384]; /* why some wait; "" */
};

struct upload_run;
/* Borrows options. */
enum status upload_run_create(struct upload_run **ret, const struct upload_options *options);
void upload_run_free(struct upload_run *run); /* accepts NULL */
/* Starts the program and waits for its end. */
enum status upload_run_once(struct upload_run *run, struct upload_result *ret);
/* From another thread: ends what is under way, and whatever would begin later. */
void upload_run_cancel(struct upload_run *run);

#endif
