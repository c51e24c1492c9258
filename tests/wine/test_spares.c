/* test_spares.c - dumpers that wait for a crash: when there is one, what becomes of it, and that a crash is served whatever became of it.
 */
#include "base/clock.h"
#include "collector/win/spares.h"
#include "collector/win/token.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 60000

static struct harness_collector collector;

static int start_collector(void **state)
{
    (void)state;
    harness_collector_start(&collector, harness_folder());
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

static size_t count_dumpers(uint32_t *ret_pid)
{
    return harness_children(process_id(collector.process), "salvor-collector.exe", ret_pid);
}

/* Waits until one dumper is there, which is not the one with the pid `other`; opened with all rights. */
static HANDLE await_spare(uint32_t other, uint32_t *ret_pid)
{
    uint64_t end = clock_steady_ms() + WAIT_MS;
    HANDLE spare;

    while (count_dumpers(ret_pid) != 1 || *ret_pid == other) {
        if (clock_steady_ms() > end)
            fail_msg("no dumper waits for a crash");
        Sleep(20);
    }
    spare = OpenProcess(PROCESS_ALL_ACCESS, FALSE, *ret_pid);
    assert_non_null(spare);
    return spare;
}

static void check_crash_is_served(struct raw_client *client)
{
    size_t before = harness_reports(collector.queue);

    raw_fault(client);
    assert_int_equal(raw_request(client, WAIT_MS), BLOCK_DONE);
    harness_wait_reports(collector.queue, before + 1, WAIT_MS);
}

/* -- with a collector -- */

static void spare_when_no_client_is_registered_then_none_waits(void **state)
{
    struct process *sample;
    uint32_t pid = 0;
    HANDLE spare;

    (void)state;
    assert_int_equal(count_dumpers(&pid), 0);
    sample = harness_start("salvor-sample.exe", "wait-write-av", "--pipe", collector.pipe, "--spool", collector.inbox, (char *)NULL);
    spare = await_spare(0, &pid);
    assert_int_equal(WaitForSingleObject(spare, 0), WAIT_TIMEOUT);
    process_kill(sample);
    harness_finish(sample, WAIT_MS);
    assert_int_equal(WaitForSingleObject(spare, WAIT_MS), WAIT_OBJECT_0); /* with the last client */
    assert_int_equal(count_dumpers(&pid), 0);
    CloseHandle(spare);
}

static void spare_when_a_crash_comes_then_is_used_for_it_and_another_waits(void **state)
{
    struct raw_client client;
    uint32_t first, second;
    HANDLE spare, next;

    (void)state;
    raw_register(collector.pipe, &client);
    spare = await_spare(0, &first);
    check_crash_is_served(&client);
    assert_int_equal(WaitForSingleObject(spare, WAIT_MS), WAIT_OBJECT_0);
    assert_false(harness_log_has(&collector, "spare-"));
    next = await_spare(first, &second);
    check_crash_is_served(&client);
    assert_int_equal(WaitForSingleObject(next, WAIT_MS), WAIT_OBJECT_0);
    CloseHandle(spare);
    CloseHandle(next);
    raw_forget(&client);
}

static void spare_when_killed_while_it_waits_then_the_next_crash_is_served(void **state)
{
    struct raw_client client;
    uint32_t pid;
    HANDLE spare;

    (void)state;
    raw_register(collector.pipe, &client);
    spare = await_spare(0, &pid);
    assert_true(TerminateProcess(spare, 1));
    assert_int_equal(WaitForSingleObject(spare, WAIT_MS), WAIT_OBJECT_0);
    check_crash_is_served(&client);
    assert_true(harness_log_has(&collector, "spare-gone"));
    CloseHandle(spare);
    raw_forget(&client);
}

static void spare_when_it_hangs_then_another_serves_the_crash_and_it_is_ended(void **state)
{
    struct raw_client client;
    uint32_t pid;
    HANDLE spare;

    (void)state;
    raw_register(collector.pipe, &client);
    spare = await_spare(0, &pid);
    harness_suspend_pid(pid);
    check_crash_is_served(&client);
    assert_true(harness_log_has(&collector, "spare-useless"));
    assert_int_equal(WaitForSingleObject(spare, WAIT_MS), WAIT_OBJECT_0);
    CloseHandle(spare);
    raw_forget(&client);
}

static void spare_when_the_collector_is_killed_then_ends(void **state)
{
    struct raw_client client;
    uint32_t pid;
    HANDLE spare;

    (void)state;
    raw_register(collector.pipe, &client);
    spare = await_spare(0, &pid);
    harness_collector_stop(&collector); /* kills it */
    assert_int_equal(WaitForSingleObject(spare, WAIT_MS), WAIT_OBJECT_0);
    CloseHandle(spare);
    raw_forget(&client);
}

/* -- on their own -- */

static const char *const no_command[] = {"C:\\there\\is\\no\\such.exe", NULL};

static void spares_when_two_processes_have_the_same_rights_then_one_kind(void **state)
{
    struct spares *spares = NULL;
    struct process *other = harness_start("salvor-sample.exe", "wait-write-av", "--spool", harness_folder(), (char *)NULL);
    uint32_t kind;

    (void)state;
    assert_int_equal(spares_create(&spares, no_command, true), ST_OK);
    kind = spares_join(spares, GetCurrentProcess());
    assert_true(kind != 0);
    assert_int_equal(spares_join(spares, (HANDLE)process_os(other)), kind);
    spares_leave(spares, kind);
    assert_int_equal(spares_join(spares, GetCurrentProcess()), kind);
    spares_leave(spares, kind);
    spares_leave(spares, kind);
    assert_int_not_equal(spares_join(spares, GetCurrentProcess()), kind); /* the kind went with its last */
    spares_free(spares);
    process_kill(other);
    harness_finish(other, WAIT_MS);
}

static void spares_when_none_can_be_started_then_nothing_is_taken(void **state)
{
    struct spares *spares = NULL;
    struct dumper_rights rights;

    (void)state;
    assert_int_equal(spares_create(&spares, no_command, true), ST_OK);
    dumper_rights_of(&rights, true, GetCurrentProcess());
    assert_null(spares_take(spares, &rights));
    assert_true(spares_join(spares, GetCurrentProcess()) != 0);
    while (!spares_fill(spares))
        Sleep(20);
    assert_null(spares_take(spares, &rights)); /* waits for the start, which fails */
    dumper_rights_done(&rights);
    spares_free(spares);
}

static void describe(HANDLE token, struct buffer *ret)
{
    buffer_init(ret, 65536);
    assert_int_equal(token_describe(token, ret), ST_OK);
}

/* As a program does that gives up a group before it opens what it does not trust. */
static HANDLE without_first_group(HANDLE token)
{
    union {
        TOKEN_GROUPS list;
        BYTE bytes[4096];
    } groups;
    HANDLE ret = NULL;
    DWORD size;

    assert_true(GetTokenInformation(token, TokenGroups, &groups, sizeof groups, &size));
    assert_true(groups.list.GroupCount > 0);
    assert_true(CreateRestrictedToken(token, 0, 1, groups.list.Groups, 0, NULL, 0, NULL, &ret));
    return ret;
}

static void rights_when_a_group_is_given_up_then_not_the_same(void **state)
{
    struct buffer own, again, less;
    HANDLE token = NULL, other = NULL, lower;

    (void)state;
    assert_int_equal(token_of_client(GetCurrentProcess(), &token), ST_OK);
    assert_int_equal(token_of_client(GetCurrentProcess(), &other), ST_OK);
    lower = without_first_group(token);
    describe(token, &own);
    describe(other, &again);
    describe(lower, &less);
    assert_int_equal(own.len, again.len);
    assert_memory_equal(own.data, again.data, own.len);
    assert_false(own.len == less.len && memcmp(own.data, less.data, own.len) == 0);
    buffer_done(&own);
    buffer_done(&again);
    buffer_done(&less);
    CloseHandle(token);
    CloseHandle(other);
    CloseHandle(lower);
}

#define served(function) cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(spare_when_no_client_is_registered_then_none_waits),
        served(spare_when_a_crash_comes_then_is_used_for_it_and_another_waits),
        served(spare_when_killed_while_it_waits_then_the_next_crash_is_served),
        served(spare_when_it_hangs_then_another_serves_the_crash_and_it_is_ended),
        served(spare_when_the_collector_is_killed_then_ends),
        cmocka_unit_test(spares_when_two_processes_have_the_same_rights_then_one_kind),
        cmocka_unit_test(spares_when_none_can_be_started_then_nothing_is_taken),
        cmocka_unit_test(rights_when_a_group_is_given_up_then_not_the_same),
    };

    if (argc == 2)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
