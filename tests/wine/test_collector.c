/* test_collector.c - the real collector against clients written by hand: good ones, rude ones, hostile ones. */
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUMP_WAIT_MS 60000

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

/* An honest client still gets a dump. */
static void check_good_client(void)
{
    struct raw_client client;
    size_t before = harness_reports(collector.queue);

    raw_register(collector.pipe, &client);
    raw_fault(&client);
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    harness_wait_reports(collector.queue, before + 1, 10000);
    raw_forget(&client);
}

/* -- registration -- */

static void hello_when_sound_then_handles_work(void **state)
{
    struct raw_client client;

    (void)state;
    raw_register(collector.pipe, &client);
    assert_int_equal(client.block->magic, BLOCK_MAGIC);
    assert_int_equal(client.block->version, BLOCK_VERSION);
    assert_int_equal(client.block->size_bytes, sizeof *client.block);
    assert_int_equal(client.block->pid, GetCurrentProcessId());
    assert_int_equal(client.block->pointer_bits, sizeof(void *) * 8);
    assert_int_equal(client.block->start_filetime, raw_hello().start_filetime);
    assert_int_equal(client.block->state, BLOCK_IDLE);
    assert_int_equal(client.reply.block_bytes, sizeof(struct block));
    assert_int_equal(client.reply.monitor_pid, process_id(collector.process));
    client.block->log[BLOCK_LOG_BYTES - 1] = 1; /* the whole of it is writable */
    assert_int_equal(WaitForSingleObject(client.monitor, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(client.done, 0), WAIT_TIMEOUT);
    assert_true(SetEvent(client.request));
    harness_collector_stop(&collector);
    assert_int_equal(WaitForSingleObject(client.monitor, 10000), WAIT_OBJECT_0);
    raw_forget(&client);
}

static void hello_when_process_registers_again_then_new_registration_serves(void **state)
{
    struct raw_client first;

    (void)state;
    raw_register(collector.pipe, &first);
    check_good_client();
    raw_forget(&first);
}

/* The first registration's dump goes on, and the ids of both differ. */
static void hello_when_process_registers_again_during_a_dump_then_both_are_served(void **state)
{
    struct raw_client first, second;

    (void)state;
    raw_register(collector.pipe, &first);
    first.block->source = BLOCK_SOURCE_CALL;
    first.block->request = BLOCK_REQUEST_DUMP_NOW;
    first.block->state = BLOCK_REQUESTED;
    SetEvent(first.request);
    raw_register(collector.pipe, &second);
    second.block->source = BLOCK_SOURCE_CALL;
    second.block->request = BLOCK_REQUEST_DUMP_NOW;
    second.block->state = BLOCK_REQUESTED;
    SetEvent(second.request);
    assert_int_equal(WaitForSingleObject(first.done, DUMP_WAIT_MS), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(second.done, DUMP_WAIT_MS), WAIT_OBJECT_0);
    assert_int_equal(first.block->state, BLOCK_DONE);
    assert_int_equal(second.block->state, BLOCK_DONE);
    assert_string_not_equal(first.block->report_id, second.block->report_id);
    harness_wait_reports(collector.queue, 2, 10000);
    raw_forget(&first);
    raw_forget(&second);
}

static void hello_when_version_is_wrong_then_refused_and_good_client_served(void **state)
{
    struct pipe_hello hello = raw_hello();

    (void)state;
    hello.version = PIPE_VERSION + 1;
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello), PIPE_BAD_VERSION);
    check_good_client();
}

static void hello_when_malformed_then_refused_and_good_client_served(void **state)
{
    struct pipe_hello hello = raw_hello();

    (void)state;
    hello.magic ^= 1;
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello), PIPE_BAD_MESSAGE);
    hello = raw_hello();
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello - 1), PIPE_BAD_MESSAGE);
    hello.size_bytes = 4;
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello), PIPE_BAD_MESSAGE);
    check_good_client();
}

static void hello_when_oversize_then_refused_and_good_client_served(void **state)
{
    char *message = calloc(1, PIPE_MAX_MESSAGE + 1000);
    struct pipe_hello hello = raw_hello();

    (void)state;
    memcpy(message, &hello, sizeof hello);
    assert_int_equal(raw_verdict(collector.pipe, message, PIPE_MAX_MESSAGE + 1000), PIPE_BAD_MESSAGE);
    free(message);
    check_good_client();
}

static void hello_when_pid_is_forged_then_refused_and_good_client_served(void **state)
{
    struct pipe_hello hello = raw_hello();

    (void)state;
    hello.pid = process_id(collector.process);
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello), PIPE_BAD_IDENTITY);
    check_good_client();
}

static void hello_when_start_time_is_wrong_then_refused_and_good_client_served(void **state)
{
    struct pipe_hello hello = raw_hello();

    (void)state;
    hello.start_filetime++;
    assert_int_equal(raw_verdict(collector.pipe, &hello, sizeof hello), PIPE_BAD_IDENTITY);
    check_good_client();
}

static void client_when_it_hangs_up_midway_then_good_client_served(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pipe_hello hello = raw_hello();
        HANDLE pipe = raw_open(collector.pipe, 10000);
        DWORD moved;
        assert_true(pipe != INVALID_HANDLE_VALUE);
        if (i % 2)
            WriteFile(pipe, &hello, sizeof hello, &moved, NULL); /* and goes without the reply */
        CloseHandle(pipe);
    }
    check_good_client();
}

/* More silent clients than there are instances, so the deadline is what lets the next one in. */
static void client_when_many_stay_silent_then_good_client_served_after_the_deadline(void **state)
{
    HANDLE silent[8];
    uint64_t start = clock_steady_ms();
    char byte;
    DWORD moved;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        silent[i] = raw_open(collector.pipe, 10000);
    for (size_t i = 0; i < 8; i++)
        assert_true(silent[i] != INVALID_HANDLE_VALUE);
    check_good_client();
    assert_true(clock_steady_ms() - start >= PIPE_READ_TIMEOUT_MS - 100);
    for (size_t i = 0; i < 8; i++) {
        assert_false(ReadFile(silent[i], &byte, 1, &moved, NULL)); /* cut off without an answer */
        CloseHandle(silent[i]);
    }
}

static void pipe_when_open_then_descriptor_keeps_users_from_making_instances(void **state)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        BYTE bytes[1024];
    } security;
    HANDLE pipe = raw_open(collector.pipe, 10000);
    char *text = NULL;
    DWORD size;

    (void)state;
    assert_true(pipe != INVALID_HANDLE_VALUE);
    assert_true(GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, &security.descriptor, sizeof security, &size));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(&security.descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                                     &text, NULL));
    print_message("%s\n", text);
    assert_non_null(strstr(text, "(A;;0x12019b;;;AU)"));
    assert_non_null(strstr(text, "(A;;FA;;;SY)"));
    assert_non_null(strstr(text, "(A;;FA;;;BA)"));
    assert_null(strstr(text, ";;;WD)"));
    LocalFree(text);
    CloseHandle(pipe);
}

static void pipe_when_another_collector_has_the_name_then_second_one_ends(void **state)
{
    (void)state;
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "run", "--data", harness_folder(), "--pipe", collector.pipe, (char *)NULL),
                     1);
    check_good_client();
}

/* -- dumps -- */

static void request_when_fault_is_set_then_report_says_what_block_said(void **state)
{
    struct raw_client client;
    struct spool *spool = NULL;
    uint32_t thread = 0;

    (void)state;
    raw_register(collector.pipe, &client);
    raw_fault(&client);
    raw_annotate(&client, 0, "level", "harbour\nat dusk");
    raw_annotate(&client, 7, "torn", "half");
    client.block->annotations[7].sequence = 3;
    strcpy(client.block->app_version, "9.8.7");
    strcpy(client.block->app, "not-the-real-name.exe");
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    assert_int_equal(client.block->result, ST_OK);
    assert_true(client.block->progress > 3);
    harness_wait_reports(collector.queue, 1, 10000);

    struct spool_report *report = harness_only_report(collector.queue, &spool);
    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_int_equal(thread, GetCurrentThreadId());
    assert_string_equal(spool_report_id(report), client.block->report_id);
    assert_string_equal(harness_value(report, RECORD_APP), "wine-collector.exe");
    assert_int_equal(harness_number(report, RECORD_PID), GetCurrentProcessId());
    assert_int_equal(harness_number(report, RECORD_START), clock_from_filetime(raw_hello().start_filetime) / 1000);
    assert_int_equal(harness_number(report, RECORD_CODE), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_VERSION), "9.8.7");
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_true(harness_number(report, RECORD_PRIVATE_BYTES) > 0);
    assert_true(harness_number(report, RECORD_COMMIT_BYTES) > 0);
    assert_true(harness_number(report, RECORD_COMMIT_LIMIT) >= harness_number(report, RECORD_COMMIT_BYTES));
    assert_string_equal(harness_value(report, RECORD_SOURCE), "veh");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "level"), "harbour\nat dusk");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "torn"), "");
    spool_report_close(report);
    spool_close(spool);
    raw_forget(&client);
}

/* Finds a stream's bytes in the dump of a report; freed by the caller. NULL when there is none. */
static char *dump_stream(struct spool_report *report, uint32_t type, uint32_t *ret_size)
{
    uint32_t head[4], entry[3];

    assert_int_equal(file_read_at(spool_report_file(report), 0, head, sizeof head), ST_OK);
    for (uint32_t i = 0; i < head[2]; i++) {
        assert_int_equal(file_read_at(spool_report_file(report), head[3] + i * sizeof entry, entry, sizeof entry), ST_OK);
        if (entry[0] != type)
            continue;
        char *bytes = calloc(1, entry[1] + 1);
        assert_int_equal(file_read_at(spool_report_file(report), entry[2], bytes, entry[1]), ST_OK);
        *ret_size = entry[1];
        return bytes;
    }
    return NULL;
}

/* The program may end at that moment, and so may the collector. */
static void request_when_client_is_told_then_report_is_in_the_queue_already(void **state)
{
    struct raw_client client;

    (void)state;
    raw_register(collector.pipe, &client);
    raw_fault(&client);
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    harness_collector_stop(&collector); /* kills it */
    assert_int_equal(harness_reports(collector.queue), 1);
    assert_true(client.block->report_id[0] != 0);
    raw_forget(&client);
}

static void request_when_log_has_wrapped_then_streams_carry_record_and_log(void **state)
{
    struct raw_client client;
    struct spool *spool = NULL;
    uint32_t size = 0;

    (void)state;
    raw_register(collector.pipe, &client);
    raw_fault(&client);
    raw_annotate(&client, 0, "level", "7");
    memset(client.block->log, 'x', BLOCK_LOG_BYTES);
    memcpy(client.block->log, "newest\n", 7);
    memcpy(client.block->log + 100, "\noldest\n", 8);
    client.block->log_written = BLOCK_LOG_BYTES + 7;
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    harness_wait_reports(collector.queue, 1, 10000);

    struct spool_report *report = harness_only_report(collector.queue, &spool);
    char *record = dump_stream(report, PROTO_STREAM_RECORD, &size);
    assert_non_null(record);
    assert_non_null(strstr(record, "annotation.level=7\n"));
    free(record);
    char *log = dump_stream(report, PROTO_STREAM_LOG, &size);
    assert_non_null(log);
    assert_true(text_starts(log, "oldest\n"));
    assert_true(size > 7 && strcmp(log + size - 7, "newest\n") == 0);
    free(log);
    spool_report_close(report);
    spool_close(spool);
    raw_forget(&client);
}

static void request_when_dump_is_asked_for_twice_then_two_ids(void **state)
{
    struct raw_client client;
    char first[sizeof client.block->report_id];

    (void)state;
    raw_register(collector.pipe, &client);
    client.block->source = BLOCK_SOURCE_CALL;
    for (int i = 0; i < 2; i++) {
        client.block->request = BLOCK_REQUEST_DUMP_NOW;
        client.block->state = BLOCK_REQUESTED;
        SetEvent(client.request);
        assert_int_equal(WaitForSingleObject(client.done, DUMP_WAIT_MS), WAIT_OBJECT_0);
        assert_int_equal(client.block->state, BLOCK_DONE);
        if (i == 0)
            memcpy(first, client.block->report_id, sizeof first);
    }
    assert_string_not_equal(first, client.block->report_id);
    harness_wait_reports(collector.queue, 2, 10000);
    raw_forget(&client);
}

static void request_when_event_comes_without_state_then_nothing_happens(void **state)
{
    struct raw_client client;

    (void)state;
    raw_register(collector.pipe, &client);
    for (int i = 0; i < 100; i++)
        SetEvent(client.request);
    assert_int_equal(WaitForSingleObject(client.done, 300), WAIT_TIMEOUT);
    assert_int_equal(client.block->state, BLOCK_IDLE);
    assert_int_equal(harness_reports(collector.queue), 0);
    raw_forget(&client);
    check_good_client();
}

static void request_when_event_is_set_without_end_then_client_dropped_and_others_served(void **state)
{
    struct raw_client client;
    struct process *child;
    char line[256];

    (void)state;
    child = harness_start("wine-collector.exe", "--child=set-event-without-end", collector.pipe, (char *)NULL);
    assert_true(harness_read_line(child, "registered", line, sizeof line));
    check_good_client();
    raw_register(collector.pipe, &client);
    process_kill(child);
    harness_finish(child, 10000);
    raw_forget(&client);
}

/* A program that wrote over its own block, from the head on, and crashes for it: what the collector knows by itself is enough for a dump.
 */
static void check_damaged(const struct raw_client *client)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread = 0;

    harness_wait_reports(collector.queue, 1, 10000);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), "1");
    assert_string_equal(harness_value(report, RECORD_APP), "wine-collector.exe");
    assert_int_equal(harness_number(report, RECORD_PID), GetCurrentProcessId());
    assert_string_equal(spool_report_id(report), client->block->report_id);
    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_int_equal(thread, GetCurrentThreadId());
    spool_report_close(report);
    spool_close(spool);
}

static void request_when_block_is_noise_then_dump_all_the_same(void **state)
{
    struct raw_client client;

    (void)state;
    raw_register(collector.pipe, &client);
    assert_int_equal(random_bytes(client.block, sizeof *client.block), ST_OK);
    client.block->magic = 0;
    raw_fault(&client);
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    check_damaged(&client);
    raw_forget(&client);
    check_good_client();
}

static void request_when_every_length_lies_then_dump_all_the_same(void **state)
{
    struct raw_client client;

    (void)state;
    raw_register(collector.pipe, &client);
    memset(client.block, 0xff, sizeof *client.block);
    raw_fault(&client);
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    check_damaged(&client);
    raw_forget(&client);
    check_good_client();
}

static void request_when_client_is_killed_meanwhile_then_good_client_served(void **state)
{
    struct process *child;
    char line[256];

    (void)state;
    child = harness_start("wine-collector.exe", "--child=request-and-die", collector.pipe, (char *)NULL);
    assert_true(harness_read_line(child, "asked", line, sizeof line));
    process_kill(child);
    harness_finish(child, 10000);
    check_good_client();
}

/* -- dump files -- */

static void put_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char *path = path_joined(folder, name);
    struct file file;

    assert_int_equal(file_open(&file, path, FILE_MODE_CREATE), ST_OK);
    assert_int_equal(file_write(&file, bytes, size), ST_OK);
    file_close(&file);
    free(path);
}

static bool has_file(const char *folder, const char *name)
{
    char *path = path_joined(folder, name);
    struct file_info info;
    enum status st = file_stat(path, &info);

    free(path);
    return st == ST_OK;
}

static void watcher_when_dump_is_dropped_then_taken_and_garbage_left(void **state)
{
    static const char dump[4096] = "MDMP stands for a dump";
    struct spool *spool = NULL;

    (void)state;
    put_file(collector.dumps, "garbage.exe.5.dmp", "this is no dump, but it is longer than a header", 47);
    put_file(collector.dumps, "notes.txt", dump, sizeof dump);
    put_file(collector.dumps, "app.exe.4321.dmp", dump, sizeof dump);
    harness_wait_reports(collector.queue, 1, 10000);
    struct spool_report *report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_APP), "app.exe");
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_LOCALDUMPS);
    assert_int_equal(harness_number(report, RECORD_PID), 4321);
    assert_int_equal(spool_report_dump_bytes(report), sizeof dump);
    spool_report_close(report);
    spool_close(spool);
    for (int i = 0; i < 200 && has_file(collector.dumps, "app.exe.4321.dmp"); i++)
        Sleep(20); /* it is removed after it was queued; a folder has no event for that here */
    assert_false(has_file(collector.dumps, "app.exe.4321.dmp"));
    assert_true(has_file(collector.dumps, "garbage.exe.5.dmp"));
    assert_true(has_file(collector.dumps, "notes.txt"));
}

static void watcher_when_writer_still_has_the_file_then_waits_for_it(void **state)
{
    static const char dump[4096] = "MDMP stands for a dump";
    char *path = path_joined(collector.dumps, "app.exe.77.dmp");
    struct file file;

    (void)state;
    assert_int_equal(file_open(&file, path, FILE_MODE_CREATE), ST_OK);
    assert_int_equal(file_write(&file, dump, sizeof dump), ST_OK);
    put_file(collector.dumps, "other.exe.78.dmp", dump, sizeof dump);
    harness_wait_reports(collector.queue, 1, 10000); /* the other one: so both have been looked at */
    assert_int_equal(file_write(&file, dump, sizeof dump), ST_OK);
    file_close(&file);
    harness_wait_reports(collector.queue, 2, 10000);
    free(path);
}

/* -- end -- */

static void collector_when_ctrl_c_then_ends_with_0(void **state)
{
    (void)state;
    /* Without a console of ours the collector gets one of its own, and nobody else hears the event. */
    FreeConsole();
    harness_collector_start(&collector, harness_folder());
    assert_true(AttachConsole(process_id(collector.process)));
    assert_true(SetConsoleCtrlHandler(NULL, TRUE)); /* not meant for us */
    assert_true(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    FreeConsole();
    assert_int_equal(harness_finish(collector.process, 10000), 0);
    collector.process = NULL;
}

/* -- child mode -- */

/* Starts this program as a client that waits to be told. It has said that it is up when this returns: Wine leaves a conhost behind that
 * holds the standard handles when a program is killed while it makes its console. */
static struct process *start_client(const char *pipe)
{
    struct process *client = harness_start("wine-collector.exe", "--child=crash-when-told", pipe, (char *)NULL);
    char line[256];

    assert_true(harness_read_line(client, "up", line, sizeof line));
    return client;
}

/* Starts the sample as a monitor for the process, and waits until it listens. */
static struct process *start_monitor(const struct process *client, const char *pipe, const char *spool_dir)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE ready = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    FILETIME created, exited, kernel, user;
    char pid[16], start[32], event[32], path[2048];
    const char *const argv[] = {path, "--crash-monitor", pipe, pid, start, event, spool_dir, "0", NULL};
    intptr_t inherit = (intptr_t)ready;
    struct process_options options = {.argv = argv, .inherit = &inherit, .inherit_count = 1, .pipe_stdout = true};
    struct process *monitor = NULL;
    struct buffer self;

    buffer_init(&self, 65536);
    assert_int_equal(process_self_path(&self), ST_OK);
    int folder = (int)(path_base(buffer_text(&self)) - buffer_text(&self));
    snprintf(path, sizeof path, "%.*ssalvor-sample.exe", folder, buffer_text(&self));
    buffer_done(&self);
    assert_true(GetProcessTimes((HANDLE)process_os(client), &created, &exited, &kernel, &user));
    snprintf(pid, sizeof pid, "%u", process_id(client));
    snprintf(start, sizeof start, "%llu", (unsigned long long)created.dwHighDateTime << 32 | created.dwLowDateTime);
    snprintf(event, sizeof event, "%llu", (unsigned long long)(uintptr_t)ready);
    assert_int_equal(process_start(&monitor, &options), ST_OK);
    assert_int_equal(WaitForSingleObject(ready, 20000), WAIT_OBJECT_0);
    CloseHandle(ready);
    return monitor;
}

static void child_mode_when_client_ends_then_report_is_there_and_monitor_gone(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct process *client, *monitor;
    char pipe[96], line[256];

    (void)state;
    snprintf(pipe, sizeof pipe, PIPE_CHILD_PREFIX "%lu-child", (unsigned long)GetCurrentProcessId());
    client = start_client(pipe);
    monitor = start_monitor(client, pipe, spool_dir);
    harness_say(client, "go\n");
    assert_true(harness_read_line(client, "state", line, sizeof line));
    assert_string_equal(line, "state 4");
    assert_int_equal(harness_finish(client, 10000), 0);
    assert_int_equal(harness_finish(monitor, 10000), 0);
    struct spool_report *report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_string_equal(harness_value(report, RECORD_APP), "wine-collector.exe");
    spool_report_close(report);
    spool_close(spool);
}

static void child_mode_when_client_dies_before_registering_then_monitor_goes(void **state)
{
    struct process *client, *monitor;
    char pipe[96];

    (void)state;
    snprintf(pipe, sizeof pipe, PIPE_CHILD_PREFIX "%lu-orphan", (unsigned long)GetCurrentProcessId());
    client = start_client(pipe);
    monitor = start_monitor(client, pipe, harness_folder());
    process_kill(client);
    harness_finish(client, 10000);
    assert_int_equal(harness_finish(monitor, 10000), 0);
}

static void child_mode_when_pipe_is_open_then_only_its_user_may_use_it(void **state)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        BYTE bytes[1024];
    } security;
    struct process *client, *monitor;
    char pipe[96], *text = NULL;
    DWORD size;

    (void)state;
    snprintf(pipe, sizeof pipe, PIPE_CHILD_PREFIX "%lu-owner", (unsigned long)GetCurrentProcessId());
    client = start_client(pipe);
    monitor = start_monitor(client, pipe, harness_folder());
    HANDLE handle = raw_open(pipe, 10000);
    assert_true(GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, &security.descriptor, sizeof security, &size));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(&security.descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                                     &text, NULL));
    print_message("%s\n", text);
    assert_true(text_starts(text, "D:P(A;;FA;;;S-1-5-"));
    assert_null(strchr(strchr(text, ')') + 1, '(')); /* one entry and no more */
    LocalFree(text);
    CloseHandle(handle);
    process_kill(client);
    harness_finish(client, 10000);
    harness_finish(monitor, 10000);
}

/* -- this program as a client that is a process of its own -- */

static int child_request_and_die(const char *pipe)
{
    struct raw_client client;

    raw_register(pipe, &client);
    raw_fault(&client);
    client.block->request = BLOCK_REQUEST_CRASH;
    client.block->state = BLOCK_REQUESTED;
    SetEvent(client.request);
    puts("asked");
    fflush(stdout);
    WaitForSingleObject(client.monitor, DUMP_WAIT_MS);
    return 0;
}

static int child_set_event_without_end(const char *pipe)
{
    struct raw_client client;

    raw_register(pipe, &client);
    puts("registered");
    fflush(stdout);
    while (SetEvent(client.request))
        Sleep(0);
    return 0;
}

static int child_crash_when_told(const char *pipe)
{
    struct raw_client client;

    puts("up");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    raw_register(pipe, &client);
    raw_fault(&client);
    printf("state %u\n", raw_request(&client, DUMP_WAIT_MS));
    fflush(stdout);
    return 0;
}

#define served(function) cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(hello_when_sound_then_handles_work),
        served(hello_when_process_registers_again_then_new_registration_serves),
        served(hello_when_process_registers_again_during_a_dump_then_both_are_served),
        served(hello_when_version_is_wrong_then_refused_and_good_client_served),
        served(hello_when_malformed_then_refused_and_good_client_served),
        served(hello_when_oversize_then_refused_and_good_client_served),
        served(hello_when_pid_is_forged_then_refused_and_good_client_served),
        served(hello_when_start_time_is_wrong_then_refused_and_good_client_served),
        served(client_when_it_hangs_up_midway_then_good_client_served),
        served(client_when_many_stay_silent_then_good_client_served_after_the_deadline),
        served(pipe_when_open_then_descriptor_keeps_users_from_making_instances),
        served(pipe_when_another_collector_has_the_name_then_second_one_ends),
        served(request_when_fault_is_set_then_report_says_what_block_said),
        served(request_when_client_is_told_then_report_is_in_the_queue_already),
        served(request_when_log_has_wrapped_then_streams_carry_record_and_log),
        served(request_when_dump_is_asked_for_twice_then_two_ids),
        served(request_when_event_comes_without_state_then_nothing_happens),
        served(request_when_event_is_set_without_end_then_client_dropped_and_others_served),
        served(request_when_block_is_noise_then_dump_all_the_same),
        served(request_when_every_length_lies_then_dump_all_the_same),
        served(request_when_client_is_killed_meanwhile_then_good_client_served),
        served(watcher_when_dump_is_dropped_then_taken_and_garbage_left),
        served(watcher_when_writer_still_has_the_file_then_waits_for_it),
        cmocka_unit_test(child_mode_when_client_ends_then_report_is_there_and_monitor_gone),
        cmocka_unit_test(child_mode_when_client_dies_before_registering_then_monitor_goes),
        cmocka_unit_test(child_mode_when_pipe_is_open_then_only_its_user_may_use_it),
        cmocka_unit_test_teardown(collector_when_ctrl_c_then_ends_with_0, stop_collector), /* last: it gives the console away */
    };

    if (argc == 3 && strcmp(argv[1], "--child=request-and-die") == 0)
        return child_request_and_die(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--child=set-event-without-end") == 0)
        return child_set_event_without_end(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--child=crash-when-told") == 0)
        return child_crash_when_told(argv[2]);
    if (argc == 2)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
