/* resort.c - the last resort: a thread made in advance, with dbghelp loaded, writes the dump inside the dying process.
 *
 * It runs only when no monitor answers and WER is not set up for this program. Paths, names and memory are ready beforehand; what dbghelp
 * itself allocates cannot be helped, so the crash path waits for this thread with a bound. The report is the same container file that the
 * monitor writes (proto/container.h), left in the queue of spool_dir. */
#include "base/file.h"
#include "base/machine.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/container.h"
#include "proto/name.h"
#include "proto/report.h"
#include "writer/minidump_writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define RESORT_STACK_BYTES  (1024 * 1024)
#define RESORT_RECORD_BYTES (320 * 1024) /* every annotation at its largest, escapes aside */

/* Everything the thread needs, made while the process was well. */
struct resort {
    HANDLE thread, go;
    wchar_t *draft, *folder_pending; /* "<spool>\tmp\resort-<pid>.tmp", "<spool>\pending\" */
    wchar_t *final;                  /* room for folder_pending and the report's name */
    size_t final_size;
    wchar_t name[BLOCK_MAX_NAME]; /* the program's name as it goes into the report's */
    char app[BLOCK_MAX_NAME];
    uint8_t machine[16];
    char *record;
    uint8_t log[BLOCK_LOG_BYTES];
};

static struct resort resort;

static bool key_exists(const wchar_t *path)
{
    HKEY key;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
        return false;
    RegCloseKey(key);
    return true;
}

/* Whether WER will write a dump of this program: LocalDumps is set up for its name. */
bool resort_localdumps_found(void)
{
    struct buffer path;
    wchar_t *wide = NULL;
    char *self = NULL;
    bool found = false;
    wchar_t module[32768];

    buffer_init(&path, 256 * 1024);
    if (GetModuleFileNameW(NULL, module, 32768) && (self = wide_to_utf8(module)) != NULL &&
        buffer_printf(&path, "%s\\%s", NAME_KEY_LOCALDUMPS, path_base(self)) == ST_OK &&
        (wide = wide_from_utf8(buffer_text(&path))) != NULL)
        found = key_exists(wide);
    free(wide);
    free(self);
    buffer_done(&path);
    return found;
}

enum block_last_resort resort_choose(const struct settings *from)
{
    if (wer_key_found() || resort_localdumps_found())
        return BLOCK_RESORT_WER;
    return from->spool_dir ? BLOCK_RESORT_IN_PROCESS : BLOCK_RESORT_NONE;
}

static int64_t unix_seconds(uint64_t filetime)
{
    return (int64_t)(filetime / 10000000u) - 11644473600LL;
}

/* The record, without its dump_bytes line; its length. */
static size_t write_record(struct block *block)
{
    struct report_identity who = {
        {0}, resort.app, block->pid, unix_seconds(block->start_filetime), unix_seconds(block->crash_filetime), LAYER_IN_PROCESS, false};
    struct record_writer writer;

    uuid_report_id(who.id, resort.machine, who.pid, who.process_start, 0);
    record_writer_init(&writer, resort.record, RESORT_RECORD_BYTES);
    report_put_identity(&writer, &who);
    report_put_client(&writer, block);
    return writer.len;
}

static bool write_all(HANDLE file, const void *bytes, size_t size)
{
    DWORD written;
    return WriteFile(file, bytes, (DWORD)size, &written, NULL) && written == size;
}

static bool write_minidump(HANDLE file, struct block *block, size_t record_bytes)
{
    struct minidump_stream streams[2] = {
        {PROTO_STREAM_RECORD, {(const uint8_t *)resort.record, record_bytes}},
        {PROTO_STREAM_LOG, {resort.log, report_log(block, resort.log)}},
    };
    struct minidump_request request = {
        .process = GetCurrentProcess(),
        .file = file,
        .pid = GetCurrentProcessId(),
        .kind = block->dump_kind,
        .exception = &block->exception,
        .pointer_bits = sizeof(void *) * 8,
        .streams = streams,
        .stream_count = streams[1].bytes.len ? 2 : 1,
    };
    const char *why;
    DWORD error;
    return minidump_write(&request, &why, &error) == ST_OK;
}

/* Behind the dump: the record with the dump's size, and the footer. */
static bool write_tail(HANDLE file, size_t record_bytes)
{
    struct container_footer footer;
    struct record_writer writer;
    uint8_t bytes[CONTAINER_FOOTER_BYTES];
    LARGE_INTEGER zero = {{0}}, end;

    if (!SetFilePointerEx(file, zero, &end, FILE_END))
        return false;
    record_writer_init(&writer, resort.record, RESORT_RECORD_BYTES);
    writer.len = record_bytes;
    record_put_u64(&writer, RECORD_DUMP_BYTES, (uint64_t)end.QuadPart);
    footer.record_offset = (uint64_t)end.QuadPart;
    footer.record_bytes = (uint32_t)writer.len;
    footer.record_crc32 = container_crc32(resort.record, writer.len);
    container_footer_encode(&footer, bytes);
    return write_all(file, resort.record, writer.len) && write_all(file, bytes, sizeof bytes) && FlushFileBuffers(file);
}

static bool move_into_queue(const struct block *block)
{
    int len = _snwprintf(resort.final, resort.final_size, L"%ls%ls-%lld-%lu.dmp", resort.folder_pending, resort.name,
                         (long long)unix_seconds(block->crash_filetime), (unsigned long)block->pid);
    return len > 0 && (size_t)len < resort.final_size && MoveFileExW(resort.draft, resort.final, MOVEFILE_WRITE_THROUGH);
}

static void write_report(struct block *block)
{
    HANDLE file = CreateFileW(resort.draft, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    size_t record_bytes;
    bool written = false;

    if (file != INVALID_HANDLE_VALUE) {
        record_bytes = write_record(block);
        written = write_minidump(file, block, record_bytes) && write_tail(file, record_bytes);
        CloseHandle(file);
        written = written && move_into_queue(block);
        if (written)
            record_get(resort.record, record_bytes, RECORD_ID, block->report_id, sizeof block->report_id);
        else
            DeleteFileW(resort.draft);
    }
    InterlockedExchange((volatile LONG *)&block->state, written ? BLOCK_DONE : BLOCK_FAILED);
}

static DWORD WINAPI run(void *unused)
{
    HANDLE handles[2];
    (void)unused;
    handles[0] = client.stop;
    handles[1] = resort.go;
    while (WaitForMultipleObjects(2, handles, FALSE, INFINITE) == WAIT_OBJECT_0 + 1) {
        write_report(client.block);
        SetEvent(client.resort_done);
    }
    return 0;
}

/* "<spool>\<tail>", with the folder before the last separator made. Heap wide path, or NULL. */
static wchar_t *make_path(const char *spool, const char *folder, const char *name)
{
    char *dir = path_joined(spool, folder), *path = dir ? path_joined(dir, name) : NULL;
    wchar_t *wide = NULL;
    if (path && folder_create(dir) == ST_OK)
        wide = wide_path(path);
    free(dir);
    free(path);
    return wide;
}

static bool prepare_paths(const struct settings *from)
{
    wchar_t *name = wide_from_utf8(from->app);
    char draft[64];

    snprintf(draft, sizeof draft, "resort-%lu.tmp", (unsigned long)GetCurrentProcessId());
    resort.draft = make_path(from->spool_dir, "tmp", draft);
    resort.folder_pending = make_path(from->spool_dir, "pending", "");
    if (name && resort.draft && resort.folder_pending) {
        _snwprintf(resort.name, BLOCK_MAX_NAME, L"%ls", name);
        resort.name[BLOCK_MAX_NAME - 1] = 0;
        resort.final_size = wcslen(resort.folder_pending) + BLOCK_MAX_NAME + 64;
        resort.final = malloc(resort.final_size * sizeof *resort.final);
    }
    free(name);
    return resort.final != NULL;
}

void resort_prepare(const struct settings *from)
{
    if (client.block->last_resort != BLOCK_RESORT_IN_PROCESS || resort.thread)
        return;
    if (machine_id(resort.machine) != ST_OK)
        memset(resort.machine, 0, sizeof resort.machine);
    text_copy(resort.app, sizeof resort.app, from->app);
    resort.record = malloc(RESORT_RECORD_BYTES);
    if (!resort.record || !prepare_paths(from) || minidump_prepare() != ST_OK)
        return;
    resort.go = CreateEventW(NULL, FALSE, FALSE, NULL);
    client.resort_done = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (resort.go && client.resort_done)
        resort.thread = CreateThread(NULL, RESORT_STACK_BYTES, run, NULL, 0, NULL);
    if (resort.thread)
        InterlockedExchangePointer(&client.resort_go, resort.go);
}

void resort_stop(void)
{
    if (!resort.thread)
        return;
    WaitForSingleObject(resort.thread, settings.start_timeout_ms);
    CloseHandle(resort.thread);
    resort.thread = NULL;
}
