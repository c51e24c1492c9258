/* harness.c - see harness.h. */
#include "harness.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* needs windows.h */
#include <tlhelp32.h>

#define MINIDUMP_STREAM_EXCEPTION 6u
#define HARNESS_MAX_FOLDERS       64
#define DEATH_MS                  60000

static char folders[HARNESS_MAX_FOLDERS][1024];
static unsigned folder_count;

static void remove_tree(const char *path)
{
    struct folder *folder;
    struct file_info info;
    const char *name;

    if (folder_open(&folder, path) != ST_OK)
        return;
    while (folder_next(folder, &name) == ST_OK) {
        char *inner = path_joined(path, name);
        if (inner && file_stat(inner, &info) == ST_OK && info.is_folder)
            remove_tree(inner);
        else if (inner)
            file_remove(inner);
        free(inner);
    }
    folder_close(folder);
    folder_remove(path);
}

static void remove_folders(void)
{
    while (folder_count)
        remove_tree(folders[--folder_count]);
}

const char *harness_folder(void)
{
    wchar_t temp[512];
    uint8_t random[8];
    char hex[17], *utf8, *path;

    assert_true(folder_count < HARNESS_MAX_FOLDERS);
    if (!folder_count)
        atexit(remove_folders);
    path = folders[folder_count++];
    assert_true(GetTempPathW(512, temp));
    utf8 = wide_to_utf8(temp);
    assert_non_null(utf8);
    assert_int_equal(random_bytes(random, sizeof random), ST_OK);
    text_hex(hex, random, sizeof random);
    snprintf(path, sizeof folders[0], "%ssalvor-test-%s", utf8, hex);
    free(utf8);
    assert_int_equal(folder_create(path), ST_OK);
    return path;
}

/* The full path of a program that stands beside this one. */
static void beside_us(char *ret, size_t size, const char *program)
{
    struct buffer self;
    size_t len;

    buffer_init(&self, 65536);
    assert_int_equal(process_self_path(&self), ST_OK);
    len = (size_t)(path_base(buffer_text(&self)) - buffer_text(&self));
    snprintf(ret, size, "%.*s%s", (int)len, buffer_text(&self), program);
    buffer_done(&self);
}

struct process *harness_start_words(const char *program, const char *const *words)
{
    const char *argv[HARNESS_MAX_ARGS + 1] = {NULL};
    struct process_options options = {0};
    struct process *process = NULL;
    char path[2048];

    beside_us(path, sizeof path, program);
    argv[0] = path;
    for (size_t i = 0; words[i]; i++) {
        assert_true(i + 1 < HARNESS_MAX_ARGS);
        argv[i + 1] = words[i];
    }
    options.argv = argv;
    options.pipe_stdin = true;
    options.pipe_stdout = true;
    if (process_start(&process, &options) != ST_OK)
        fail_msg("%s could not be started", path);
    return process;
}

static struct process *start(const char *program, va_list args)
{
    const char *words[HARNESS_MAX_ARGS];
    size_t count = 0;

    while (count < HARNESS_MAX_ARGS && (words[count] = va_arg(args, const char *)) != NULL)
        count++;
    assert_true(count < HARNESS_MAX_ARGS);
    return harness_start_words(program, words);
}

uint32_t harness_run_with(uint32_t timeout_ms, const char *program, const char *const *arguments)
{
    return harness_finish(harness_start_words(program, arguments), timeout_ms);
}

struct process *harness_start(const char *program, ...)
{
    struct process *process;
    va_list args;
    va_start(args, program);
    process = start(program, args);
    va_end(args);
    return process;
}

bool harness_read_line(struct process *process, const char *text, char *ret, size_t ret_size)
{
    size_t len = 0, got;
    char byte;

    while (file_read(process_stdout(process), &byte, 1, &got) == ST_OK && got == 1) {
        if (byte != '\n') {
            if (len + 1 < ret_size && byte != '\r')
                ret[len++] = byte;
            continue;
        }
        ret[len] = 0;
        if (text_starts(ret, text))
            return true;
        len = 0;
    }
    return false;
}

void harness_say(struct process *process, const char *text)
{
    assert_int_equal(file_write(process_stdin(process), text, strlen(text)), ST_OK);
}

size_t harness_children(uint32_t parent, const char *program, uint32_t *ret_pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    wchar_t *wide = wide_from_utf8(program);
    size_t count = 0;

    assert_true(wide && snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
        if (entry.th32ParentProcessID != parent || _wcsicmp(entry.szExeFile, wide) != 0)
            continue;
        if (ret_pid)
            *ret_pid = entry.th32ProcessID;
        count++;
    }
    CloseHandle(snapshot);
    free(wide);
    return count;
}

void harness_suspend_pid(uint32_t pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry;
    BOOL more;

    assert_true(snapshot != INVALID_HANDLE_VALUE);
    entry.dwSize = sizeof entry;
    for (more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        HANDLE thread;
        if (entry.th32OwnerProcessID != pid)
            continue;
        thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID);
        assert_non_null(thread);
        assert_true(SuspendThread(thread) != (DWORD)-1);
        CloseHandle(thread);
    }
    CloseHandle(snapshot);
}

void harness_suspend(struct process *process)
{
    harness_suspend_pid(process_id(process));
}

uint32_t harness_finish(struct process *process, uint32_t timeout_ms)
{
    uint32_t code = 0;
    char rest[4096];
    size_t got;
    enum status status;

    status = process_wait(process, timeout_ms, &code);
    if (status != ST_OK)
        process_kill(process);
    else
        while (file_read(process_stdout(process), rest, sizeof rest, &got) == ST_OK && got)
            print_message("%.*s", (int)got, rest);
    process_free(process);
    assert_int_equal(status, ST_OK);
    return code;
}

uint32_t harness_run(uint32_t timeout_ms, const char *program, ...)
{
    struct process *process;
    va_list args;
    va_start(args, program);
    process = start(program, args);
    va_end(args);
    return harness_finish(process, timeout_ms);
}

struct process *harness_start_sample(const char *kind, const char *const *more)
{
    const char *words[HARNESS_MAX_ARGS] = {kind};
    struct process *sample;
    char line[256];

    for (size_t count = 1; more && *more; count++) {
        assert_true(count + 1 < HARNESS_MAX_ARGS);
        words[count] = *more++;
    }
    sample = harness_start_words("salvor-sample.exe", words);
    if (!harness_read_line(sample, "crashing ", line, sizeof line))
        fail_msg("salvor-sample %s ended before its death", kind);
    return sample;
}

uint32_t harness_let_die(const char *kind, uint32_t exit_code, const char *const *more)
{
    struct process *sample = harness_start_sample(kind, more);
    uint32_t pid = process_id(sample);

    assert_int_equal(harness_finish(sample, DEATH_MS), exit_code);
    return pid;
}

size_t harness_files_in(const char *path)
{
    struct folder *folder = NULL;
    const char *name;
    size_t count = 0;

    assert_int_equal(folder_open(&folder, path), ST_OK);
    while (folder_next(folder, &name) == ST_OK)
        count++;
    folder_close(folder);
    return count;
}

void harness_put_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char *path = path_joined(folder, name);

    assert_non_null(path);
    assert_int_equal(file_write_whole(path, bytes, size), ST_OK);
    free(path);
}

void harness_put_local_dump(const char *folder, uint32_t pid, size_t size)
{
    char name[64], *bytes = calloc(1, size);

    assert_non_null(bytes);
    memcpy(bytes, "MDMP", 4);
    snprintf(name, sizeof name, "salvor-sample.exe.%u.dmp", pid);
    harness_put_file(folder, name, bytes, size);
    free(bytes);
}

void harness_collector_start_with(struct harness_collector *ret, const char *data, const char *const *options)
{
    static unsigned counter;
    const char *argv[HARNESS_MAX_ARGS] = {"", "run", "--data", data, "--pipe", ret->pipe, "--log", ret->log};
    struct process_options process_options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    char line[4096], program[2048];
    size_t count = 8;

    snprintf(ret->pipe, sizeof ret->pipe, "\\\\.\\pipe\\salvor-test-%lu-%u", (unsigned long)GetCurrentProcessId(), counter++);
    snprintf(ret->data, sizeof ret->data, "%s", data);
    snprintf(ret->dumps, sizeof ret->dumps, "%s\\dumps", data);
    snprintf(ret->queue, sizeof ret->queue, "%s\\queue", data);
    snprintf(ret->inbox, sizeof ret->inbox, "%s\\inbox", data);
    snprintf(ret->log, sizeof ret->log, "%s\\collector.log", data);
    beside_us(program, sizeof program, "salvor-collector.exe");
    argv[0] = program;
    while (options && *options && count + 1 < HARNESS_MAX_ARGS)
        argv[count++] = *options++;
    if (process_start(&ret->process, &process_options) != ST_OK)
        fail_msg("%s could not be started", program);
    if (!harness_read_line(ret->process, "salvor-collector ready", line, sizeof line))
        fail_msg("the collector ended without saying that it is ready");
}

void harness_collector_start(struct harness_collector *ret, const char *data)
{
    harness_collector_start_with(ret, data, NULL);
}

bool harness_log_has(const struct harness_collector *collector, const char *text)
{
    struct buffer log;
    bool has;

    buffer_init(&log, 16 * 1024 * 1024);
    assert_int_equal(file_read_whole(collector->log, 16 * 1024 * 1024, &log), ST_OK);
    has = strstr(buffer_text(&log), text) != NULL;
    buffer_done(&log);
    return has;
}

void harness_wait_log(const struct harness_collector *collector, const char *text, uint32_t timeout_ms)
{
    uint64_t end = clock_steady_ms() + timeout_ms;

    while (!harness_log_has(collector, text)) {
        if (clock_steady_ms() > end)
            fail_msg("the collector's log does not say: %s", text);
        Sleep(20);
    }
}

void harness_wer_module(bool is_registered)
{
    wchar_t path[2048];
    DWORD chars = GetModuleFileNameW(NULL, path, 2000), zero = 0;
    HKEY key;

    assert_true(chars && chars < 2000);
    while (chars && path[chars - 1] != L'\\')
        chars--;
    wcscpy(path + chars, L"salvor-wer.dll");
    assert_int_equal(
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, NAME_KEY_WER_MODULES_WIDE, 0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL),
        ERROR_SUCCESS);
    if (is_registered)
        assert_int_equal(RegSetValueExW(key, path, 0, REG_DWORD, (const BYTE *)&zero, sizeof zero), ERROR_SUCCESS);
    else
        RegDeleteValueW(key, path);
    RegCloseKey(key);
}

uint32_t harness_run_under_werhost_with(const char *kind, const char *pipe, const char *spool_dir, const char *const *more)
{
    const char *arguments[HARNESS_MAX_ARGS] = {"run", "salvor-sample.exe", kind, "--pipe", pipe, "--spool", spool_dir, "--timeout", "5000"};
    struct process *werhost;
    char line[256];
    unsigned long code = 0;
    size_t count = 9;

    while (more && *more && count + 1 < HARNESS_MAX_ARGS)
        arguments[count++] = *more++;
    werhost = harness_start_words("werhost.exe", arguments);
    assert_true(harness_read_line(werhost, "werhost: exit 0x", line, sizeof line));
    assert_int_equal(sscanf(line, "werhost: exit 0x%lx", &code), 1);
    assert_int_equal(harness_finish(werhost, 30000), 0);
    return (uint32_t)code;
}

uint32_t harness_run_under_werhost(const char *kind, const char *pipe, const char *spool_dir)
{
    return harness_run_under_werhost_with(kind, pipe, spool_dir, NULL);
}

void harness_collector_stop(struct harness_collector *collector)
{
    uint32_t code;
    if (!collector->process)
        return;
    process_kill(collector->process);
    process_wait(collector->process, 10000, &code);
    process_free(collector->process);
    collector->process = NULL;
}

static const enum spool_state waiting_states[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING};
#define WAITING_STATES (sizeof waiting_states / sizeof *waiting_states)

static bool is_listed(struct spool_entry *const *lists, const size_t *counts, size_t up_to, const char *name)
{
    size_t i, j;
    for (i = 0; i < up_to; i++)
        for (j = 0; j < counts[i]; j++)
            if (strcmp(lists[i][j].name, name) == 0)
                return true;
    return false;
}

/* The schedule moves reports forward while we look; looking in that order and counting each name once misses none and counts none twice. */
size_t harness_reports(const char *queue)
{
    struct spool_entry *lists[WAITING_STATES] = {NULL};
    size_t counts[WAITING_STATES] = {0}, total = 0, i, j;
    struct spool *spool = NULL;

    assert_int_equal(spool_open(&spool, queue), ST_OK);
    for (i = 0; i < WAITING_STATES; i++) {
        assert_int_equal(spool_list(spool, waiting_states[i], &lists[i], &counts[i]), ST_OK);
        for (j = 0; j < counts[i]; j++)
            total += is_listed(lists, counts, i, lists[i][j].name) ? 0 : 1;
    }
    for (i = 0; i < WAITING_STATES; i++)
        spool_list_free(lists[i], counts[i]);
    spool_close(spool);
    return total;
}

void harness_wait_reports(const char *queue, size_t count, uint32_t timeout_ms)
{
    uint64_t end = clock_steady_ms() + timeout_ms;
    size_t now;
    while ((now = harness_reports(queue)) < count && clock_steady_ms() < end)
        Sleep(20);
    assert_int_equal(now, count);
}

/* Opens a waiting report; NULL when the schedule moved it between the look and the opening. */
static struct spool_report *try_open_first(struct spool *spool)
{
    struct spool_report *report = NULL;
    struct spool_entry *entries;
    size_t count, i;

    for (i = 0; i < WAITING_STATES && !report; i++) {
        assert_int_equal(spool_list(spool, waiting_states[i], &entries, &count), ST_OK);
        if (count && spool_report_open(spool, waiting_states[i], entries[0].name, &report) != ST_OK)
            report = NULL;
        spool_list_free(entries, count);
    }
    return report;
}

struct spool_report *harness_only_report(const char *queue, struct spool **ret_spool)
{
    uint64_t end = clock_steady_ms() + 10000;
    struct spool_report *report;

    assert_int_equal(spool_open(ret_spool, queue), ST_OK);
    while ((report = try_open_first(*ret_spool)) == NULL && clock_steady_ms() < end)
        ;
    assert_non_null(report);
    assert_int_equal(harness_reports(queue), 1);
    return report;
}

const char *harness_value(const struct spool_report *report, const char *key)
{
    static char values[8][4096];
    static unsigned next;
    char *value = values[next++ % 8];
    size_t size;
    const char *record = spool_report_record(report, &size);

    if (!record_get(record, size, key, value, sizeof values[0]))
        value[0] = 0;
    return value;
}

uint64_t harness_number(const struct spool_report *report, const char *key)
{
    uint64_t number = 0;
    text_parse_u64(harness_value(report, key), &number);
    return number;
}

uint32_t harness_dump_u32(struct spool_report *report, uint64_t offset)
{
    uint8_t bytes[4];
    assert_int_equal(file_read_at(spool_report_file(report), offset, bytes, sizeof bytes), ST_OK);
    return bytes_u32(bytes);
}

bool harness_dump_stream(struct spool_report *report, uint32_t type, uint32_t *ret_offset, uint32_t *ret_size)
{
    uint32_t i, count, directory;

    assert_true(spool_report_dump_bytes(report) > 32);
    assert_int_equal(harness_dump_u32(report, 0), 0x504d444d); /* MDMP */
    count = harness_dump_u32(report, 8);
    directory = harness_dump_u32(report, 12);
    for (i = 0; i < count && i < 64; i++) {
        uint32_t entry = directory + i * 12;
        *ret_size = harness_dump_u32(report, entry + 4);
        *ret_offset = harness_dump_u32(report, entry + 8);
        if (harness_dump_u32(report, entry) == type && *ret_size)
            return true;
    }
    return false;
}

uint32_t harness_dump_exception(struct spool_report *report, uint32_t *ret_thread)
{
    uint32_t stream, size;

    assert_true(harness_dump_stream(report, MINIDUMP_STREAM_EXCEPTION, &stream, &size));
    *ret_thread = harness_dump_u32(report, stream);
    return harness_dump_u32(report, stream + 8);
}
