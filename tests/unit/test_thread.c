/* test_thread.c - threads, mutexes and events. */
#include "base/clock.h"
#include "base/thread.h"
#include "unit.h"

#define THREADS 4
#define ROUNDS  20000

struct shared {
    struct mutex *mutex;
    struct event *ping, *pong;
    unsigned long counter;
};

static void count(void *context)
{
    struct shared *shared = context;
    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(shared->mutex);
        shared->counter++;
        mutex_unlock(shared->mutex);
    }
}

static void mutex_when_threads_share_a_counter_then_nothing_is_lost(void **state)
{
    struct thread *threads[THREADS];
    struct shared shared = {0};
    (void)state;
    assert_status(mutex_create(&shared.mutex), ST_OK);
    for (int i = 0; i < THREADS; i++)
        assert_status(thread_start(&threads[i], count, &shared), ST_OK);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    assert_int_equal(shared.counter, THREADS * ROUNDS);
    mutex_free(shared.mutex);
}

static void answer(void *context)
{
    struct shared *shared = context;
    for (int i = 0; i < 1000; i++) {
        event_wait(shared->ping, UINT32_MAX);
        shared->counter++;
        event_set(shared->pong);
    }
}

static void event_when_two_threads_take_turns_then_in_step(void **state)
{
    struct shared shared = {0};
    struct thread *thread;
    (void)state;
    assert_status(event_create(&shared.ping), ST_OK);
    assert_status(event_create(&shared.pong), ST_OK);
    assert_status(thread_start(&thread, answer, &shared), ST_OK);
    for (unsigned long i = 0; i < 1000; i++) {
        event_set(shared.ping);
        assert_true(event_wait(shared.pong, 30000));
        assert_int_equal(shared.counter, i + 1);
    }
    thread_join(thread);
    event_free(shared.ping);
    event_free(shared.pong);
}

static void event_when_set_before_then_kept_for_one_waiter(void **state)
{
    struct event *event;
    (void)state;
    assert_status(event_create(&event), ST_OK);
    assert_false(event_wait(event, 0));
    event_set(event);
    event_set(event);
    assert_true(event_wait(event, 0));
    assert_false(event_wait(event, 0));
    event_free(event);
}

static void event_when_never_set_then_waits_as_long_as_asked(void **state)
{
    struct event *event;
    (void)state;
    assert_status(event_create(&event), ST_OK);
    uint64_t start = clock_steady_ms();
    assert_false(event_wait(event, 120));
    uint64_t passed = clock_steady_ms() - start;
    assert_true(passed >= 100); /* Windows counts in ticks of 16 ms */
    event_free(event);
}

static void free_when_null_then_nothing(void **state)
{
    (void)state;
    thread_join(NULL);
    mutex_free(NULL);
    event_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutex_when_threads_share_a_counter_then_nothing_is_lost),
        cmocka_unit_test(event_when_two_threads_take_turns_then_in_step),
        cmocka_unit_test(event_when_set_before_then_kept_for_one_waiter),
        cmocka_unit_test(event_when_never_set_then_waits_as_long_as_asked),
        cmocka_unit_test(free_when_null_then_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
