/* jobs.h - the threads that work off the queue: claim a report, have a child process it, store what came out. */
#ifndef SALVOR_SERVER_JOBS_JOBS_H
#define SALVOR_SERVER_JOBS_JOBS_H
#include "depot/tables.h"
#include "store/store.h"

struct jobs;
struct jobs_options {
    struct store *store;
    const char *data_dir;  /* rules.h */
    struct depot *depot;   /* NULL: no symbols */
    struct tables *tables; /* NULL: what is compiled for one report is not kept */
    struct process_client_options process;
    unsigned threads;
    uint32_t timeout_ms; /* for one report */
};

/* The store must be this process's alone: what others had claimed is claimed anew. */
enum status jobs_start(struct jobs **ret, const struct jobs_options *options);
/* There is, or may be, something to do. Any thread may call it. */
void jobs_wake(struct jobs *jobs);
/* Lets work under way end and joins the threads. Accepts NULL. */
void jobs_stop(struct jobs *jobs);

#endif
