/* slow.c - see slow.h. */
#include "http/slow.h"
#include "base/thread.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define MAX_THREADS 16u

struct slow {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slow_task *first, **last;
    bool stopping;
    struct thread *threads[MAX_THREADS];
};

/* The next task; NULL when there will be none. */
static struct slow_task *take(struct slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    while (!slow->first && !slow->stopping)
        pthread_cond_wait(&slow->changed, &slow->lock);
    struct slow_task *task = slow->first;
    if (task)
        slow->first = task->next;
    if (!slow->first)
        slow->last = &slow->first;
    pthread_mutex_unlock(&slow->lock);
    return task;
}

static void run(void *context)
{
    for (struct slow_task *task = take(context); task; task = take(context))
        task->run(task->context);
}

enum status slow_create(struct slow **ret, unsigned threads)
{
    struct slow *slow = calloc(1, sizeof *slow);
    enum status status = ST_OK;
    if (!slow)
        return ST_MEMORY;
    pthread_mutex_init(&slow->lock, NULL);
    pthread_cond_init(&slow->changed, NULL);
    slow->last = &slow->first;
    for (unsigned i = 0; i < threads && i < MAX_THREADS && !status; i++)
        status = thread_start(&slow->threads[i], run, slow);
    if (status) {
        slow_free(slow);
        return status;
    }
    *ret = slow;
    return ST_OK;
}

void slow_add(struct slow *slow, struct slow_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&slow->lock);
    *slow->last = task;
    slow->last = &task->next;
    pthread_cond_signal(&slow->changed);
    pthread_mutex_unlock(&slow->lock);
}

void slow_free(struct slow *slow)
{
    if (!slow)
        return;
    pthread_mutex_lock(&slow->lock);
    slow->stopping = true;
    pthread_cond_broadcast(&slow->changed);
    pthread_mutex_unlock(&slow->lock);
    for (unsigned i = 0; i < MAX_THREADS; i++)
        thread_join(slow->threads[i]);
    pthread_cond_destroy(&slow->changed);
    pthread_mutex_destroy(&slow->lock);
    free(slow);
}
