/* crash.c - lets salvor-crash die once in each way and looks for the report of that death in the queue, by the id that every layer gives
 * it. */
#include "../crash.h"
#include "../../exit_code.h"
#include "../report_search.h"
#include "base/clock.h"
#include "base/machine.h"
#include "base/process.h"
#include "checks.h"
#include "proto/name.h"
#include "proto/uuid.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define NO_WER         "Windows Error Reporting does not exist here"
#define READY_LINE     "ready"
#define END_MS         60000 /* a dump may take long */
#define SETTLE_MS      20000 /* beyond the grace period of deaths without a dump */
#define LOOK_MS        50
#define MAX_PATH_BYTES 65536
#define KILLED_CODE    1
#define HELPER_ALIVE   9 /* what salvor-crash ends with when it did not die */

/* What a death takes beyond a handler in the process. */
enum need {
    NEED_NOTHING,
    NEED_WER, /* no handler sees it */
    NEED_CRT, /* the C runtime's handler, which the old msvcrt.dll does not let anybody set */
    NEED_KILL /* nobody but the exit watcher sees it */
};

static const struct {
    const char *kind, *death;
    enum need need;
} deaths[] = {
    {"access-violation", "access violation", NEED_NOTHING},      {"illegal-instruction", "illegal instruction", NEED_NOTHING},
    {"divide-by-zero", "division by zero", NEED_NOTHING},        {"stack-overflow", "stack overflow", NEED_NOTHING},
    {"heap-corruption", "heap corruption", NEED_NOTHING},        {"fast-fail", "fast fail (__fastfail)", NEED_WER},
    {"fail-fast-exception", "RaiseFailFastException", NEED_WER}, {"abort", "abort()", NEED_NOTHING},
    {"invalid-parameter", "CRT invalid parameter", NEED_CRT},    {"pure-call", "pure virtual call", NEED_CRT},
    {"cpp-throw", "unhandled C++ exception", NEED_NOTHING},      {"terminated", "ended from outside", NEED_KILL},
};

static_assert(sizeof deaths / sizeof deaths[0] <= CRASH_MAX_RESULTS, "there is room for every death");

struct trial {
    const struct doctor *doctor;
    const char *program;
    struct crash_result *result;
    struct process *helper;
    struct death_rules rules;
    enum need need;
};

const char *crash_unavailable(void)
{
    return NULL;
}

static void say(struct trial *trial, enum crash_outcome outcome, const char *why)
{
    trial->result->outcome = outcome;
    snprintf(trial->result->why, sizeof trial->result->why, "%s", why);
}

static bool read_line(struct process *process, char *ret, size_t size)
{
    size_t len = 0, got = 0;
    char byte;

    while (file_read(process_stdout(process), &byte, 1, &got) == ST_OK && got == 1 && byte != '\n')
        if (byte != '\r' && len + 1 < size)
            ret[len++] = byte;
    ret[len] = '\0';
    return got == 1;
}

static bool report_id(struct trial *trial)
{
    FILETIME created, exited, kernel, user;
    uint8_t machine[16];

    if (machine_id(machine) != ST_OK || !GetProcessTimes((HANDLE)process_os(trial->helper), &created, &exited, &kernel, &user))
        return false;
    uint64_t start = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    uuid_report_id(trial->result->id, machine, process_id(trial->helper), clock_from_filetime(start) / 1000, 0);
    return true;
}

/* Started, registered with the collector, and waiting for our word. */
static bool start_helper(struct trial *trial)
{
    const char *const argv[] = {trial->program, trial->result->kind, trial->doctor->settings->pipe, NULL};
    struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true, .quiet = true};
    char line[128];
    enum status st = process_start(&trial->helper, &options);

    if (st)
        snprintf(trial->result->why, sizeof trial->result->why, "%s cannot be started: %s", trial->program, status_text(st));
    else if (!read_line(trial->helper, line, sizeof line))
        say(trial, CRASH_NOT_MADE, "the helper ended before its time");
    else if (strcmp(line, READY_LINE) != 0)
        say(trial, CRASH_NOT_MADE, line);
    else if (!report_id(trial))
        say(trial, CRASH_NOT_MADE, "this machine has no id (MachineGuid)");
    else
        return true;
    trial->result->outcome = CRASH_NOT_MADE;
    return false;
}

static bool let_die(struct trial *trial, uint32_t *ret_code)
{
    if (trial->need == NEED_KILL)
        TerminateProcess((HANDLE)process_os(trial->helper), KILLED_CODE);
    else if (file_write(process_stdin(trial->helper), "die\n", 4) != ST_OK)
        return false;
    return process_wait(trial->helper, END_MS, ret_code) == ST_OK;
}

/* By policy, an end with a code such as a program gives itself is no crash. */
static bool is_policy(const struct trial *trial, uint32_t code)
{
    return (trial->need == NEED_CRT || trial->need == NEED_KILL) && exit_code_judge(code, false) == EXIT_KILLED &&
           !trial->rules.report_killed;
}

static void give_up(struct trial *trial, uint32_t code)
{
    if (trial->need == NEED_WER && !system_has_wer()) {
        say(trial, CRASH_EXCUSED, NO_WER);
        return;
    }
    trial->result->outcome = CRASH_MISSED;
    snprintf(trial->result->why, sizeof trial->result->why, "it ended with 0x%08x and no report came; the findings may say why", code);
}

static void wait_for_report(struct trial *trial, uint64_t begin_ms, uint32_t code)
{
    struct crash_result *result = trial->result;
    uint64_t end_ms = clock_steady_ms() + trial->rules.no_dump_grace_ms + SETTLE_MS;

    while (!report_search(trial->doctor->queue, result)) {
        if (clock_steady_ms() >= end_ms) {
            give_up(trial, code);
            return;
        }
        Sleep(LOOK_MS); /* the queue has no event of its own for other processes */
    }
    result->ms = clock_steady_ms() - begin_ms;
    say(trial, CRASH_CAUGHT, result->has_dump || trial->need != NEED_WER || system_has_wer() ? "" : NO_WER);
}

static void judge_end(struct trial *trial, uint64_t begin_ms, uint32_t code)
{
    if (code == HELPER_ALIVE && trial->need == NEED_CRT)
        say(trial, CRASH_EXCUSED, "the C runtime that salvor-crash was built with does not die of it");
    else if (code == HELPER_ALIVE)
        say(trial, CRASH_NOT_MADE, "the helper went on and ended well");
    else if (is_policy(trial, code))
        say(trial, CRASH_EXCUSED, "by policy: an end with such a code is no crash unless report-killed is set");
    else
        wait_for_report(trial, begin_ms, code);
}

static void try_death(struct trial *trial)
{
    uint64_t begin_ms;
    uint32_t code = 0;

    if (start_helper(trial)) {
        begin_ms = clock_steady_ms();
        if (let_die(trial, &code))
            judge_end(trial, begin_ms, code);
        else
            say(trial, CRASH_NOT_MADE, "the helper did not end");
    }
    if (trial->helper) {
        process_kill(trial->helper);
        process_free(trial->helper);
    }
    if (trial->result->outcome != CRASH_CAUGHT)
        trial->result->id[0] = '\0';
}

static enum status find_helper(struct buffer *path)
{
    enum status st = process_self_path(path);

    if (st)
        return st;
    path->len -= strlen(path_base(buffer_text(path)));
    path->data[path->len] = '\0';
    return buffer_append_text(path, NAME_CRASHER);
}

enum status crash_run(const struct doctor *doctor, struct crash_results *ret)
{
    struct death_rules rules = doctor->settings->death_rules;
    struct buffer program;
    enum status st;

    configuration_app(NAME_CRASHER, &rules);
    buffer_init(&program, MAX_PATH_BYTES);
    st = find_helper(&program);
    for (size_t i = 0; !st && i < sizeof deaths / sizeof deaths[0]; i++) {
        struct crash_result *result = &ret->items[ret->count++];
        *result = (struct crash_result){.kind = deaths[i].kind, .death = deaths[i].death};
        struct trial trial = {.doctor = doctor, .program = buffer_text(&program), .result = result, .rules = rules, .need = deaths[i].need};
        try_death(&trial);
        if (i == 0 && result->outcome == CRASH_NOT_MADE)
            break; /* no collector is reached: the others would fare no better */
    }
    buffer_done(&program);
    return st;
}
