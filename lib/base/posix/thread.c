/* thread.c - threads, mutexes and events over pthreads. */
#include "base/thread.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct thread {
    pthread_t os;
    void (*run)(void *context);
    void *context;
};

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    thread->run(thread->context);
    return NULL;
}

enum status thread_start(struct thread **ret, void (*run)(void *context), void *context)
{
    struct thread *thread = malloc(sizeof *thread);
    if (!thread)
        return ST_MEMORY;
    *thread = (struct thread){.run = run, .context = context};
    int error = pthread_create(&thread->os, NULL, thread_main, thread);
    if (error) {
        free(thread);
        return status_from_errno(error);
    }
    *ret = thread;
    return ST_OK;
}

void thread_join(struct thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->os, NULL);
    free(thread);
}

struct mutex {
    pthread_mutex_t os;
};

enum status mutex_create(struct mutex **ret)
{
    struct mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return ST_MEMORY;
    int error = pthread_mutex_init(&mutex->os, NULL);
    if (error) {
        free(mutex);
        return status_from_errno(error);
    }
    *ret = mutex;
    return ST_OK;
}

void mutex_lock(struct mutex *mutex)
{
    int error = pthread_mutex_lock(&mutex->os);
    assert(error == 0);
    (void)error;
}

void mutex_unlock(struct mutex *mutex)
{
    int error = pthread_mutex_unlock(&mutex->os);
    assert(error == 0);
    (void)error;
}

void mutex_free(struct mutex *mutex)
{
    if (!mutex)
        return;
    pthread_mutex_destroy(&mutex->os);
    free(mutex);
}

struct event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

/* A condition that counts by the steady clock, so that setting the wall clock does not stretch a wait. */
static int condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error)
        return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!error)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

enum status event_create(struct event **ret)
{
    struct event *event = calloc(1, sizeof *event);
    if (!event)
        return ST_MEMORY;
    int error = pthread_mutex_init(&event->lock, NULL);
    if (error)
        goto out;
    error = condition_init(&event->changed);
    if (error) {
        pthread_mutex_destroy(&event->lock);
        goto out;
    }
    *ret = event;
    return ST_OK;
out:
    free(event);
    return status_from_errno(error);
}

void event_set(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->set = true;
    pthread_cond_signal(&event->changed);
    pthread_mutex_unlock(&event->lock);
}

bool event_wait(struct event *event, uint32_t timeout_ms)
{
    struct timespec until;
    int error = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&event->lock);
    while (!event->set && !error) {
        if (timeout_ms == UINT32_MAX)
            error = pthread_cond_wait(&event->changed, &event->lock);
        else
            error = pthread_cond_timedwait(&event->changed, &event->lock, &until);
    }
    bool was_set = event->set;
    event->set = false;
    pthread_mutex_unlock(&event->lock);
    return was_set;
}

void event_free(struct event *event)
{
    if (!event)
        return;
    pthread_cond_destroy(&event->changed);
    pthread_mutex_destroy(&event->lock);
    free(event);
}
