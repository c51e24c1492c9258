/* errand.c - see errand.h. */
#include "uploader/errand.h"
#include "base/thread.h"
#include <stdint.h>
#include <stdlib.h>

struct errand {
    struct event *given, *done;
    struct thread *thread;      /* NULL: not started */
    void (*run)(void *context); /* NULL: the thread ends */
    void *context;
    bool is_busy; /* given, and not waited for; the owner's alone */
};

enum status errand_create(struct errand **ret)
{
    struct errand *errand = calloc(1, sizeof *errand);
    enum status status = errand ? event_create(&errand->given) : ST_MEMORY;

    if (status == ST_OK)
        status = event_create(&errand->done);
    if (status != ST_OK) {
        errand_free(errand);
        return status;
    }
    *ret = errand;
    return ST_OK;
}

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    errand_wait(errand);
    if (errand->thread) {
        errand->run = NULL;
        event_set(errand->given);
        thread_join(errand->thread);
    }
    event_free(errand->given);
    event_free(errand->done);
    free(errand);
}

static void thread_run(void *context)
{
    struct errand *errand = context;

    while (event_wait(errand->given, UINT32_MAX) && errand->run) {
        errand->run(errand->context);
        event_set(errand->done);
    }
}

void errand_wait(struct errand *errand)
{
    if (errand->is_busy)
        event_wait(errand->done, UINT32_MAX);
    errand->is_busy = false;
}

void errand_run(struct errand *errand, void (*run)(void *context), void *context)
{
    errand_wait(errand);
    if (!errand->thread && thread_start(&errand->thread, thread_run, errand) != ST_OK) {
        run(context);
        return;
    }
    errand->run = run;
    errand->context = context;
    errand->is_busy = true;
    event_set(errand->given);
}
