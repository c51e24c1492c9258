/* resort.c - the last resort: a thread made in advance writes the dump inside the dying process.
 *
 * It runs only when no monitor answers and WER is not set up for this program. Paths, names and memory are ready beforehand, and the dump
 * is written without heap and loader (writer/self_dump.h), whose locks a dying thread may hold. Opening attachments takes both: a program
 * that has some may be given up at the bound. The report is the same container file that the monitor writes (proto/container.h), left in
 * the queue of spool_dir. */
#include "base/file.h"
#include "base/line.h"
#include "base/machine.h"
#include "base/text.h"
#include "base/win/user.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/container.h"
#include "proto/name.h"
#include "proto/report.h"
#include "writer/attachment.h"
#include "writer/dump.h"
#include "writer/self_dump.h"
#include <stdlib.h>
#include <wchar.h>

#define RESORT_STACK_BYTES (1024 * 1024)

#define NT_RENAME 10 /* FileRenameInformation, which takes this */
struct nt_rename {
    BOOLEAN replaces;
    HANDLE folder;
    ULONG name_bytes;
    wchar_t name[1];
};

/* Everything the thread needs, made while the process was well. */
struct resort {
    HANDLE thread, go;
    struct nt_file draft;                      /* "<spool>\tmp\resort-<pid>.tmp" */
    struct nt_file folder_pending, folder_new; /* "<spool>\pending\", and where it goes when its user wants nothing sent */
    struct nt_rename *final;                   /* room for the longer of them and the report's name */
    size_t final_size;
    wchar_t name[BLOCK_MAX_NAME]; /* the program's name as it goes into the report's */
    char app[BLOCK_MAX_NAME];
    uint8_t machine[16];
    char consent_of[UUID_TEXT_BYTES];
    char *record;
    struct block *copy; /* of the block, which the program may have written over */
    struct block_owner owner;
    struct extra extra;
    struct attachments attachments;
    uint8_t log[BLOCK_LOG_BYTES];
};

static struct resort resort;

/* Whether WER will write a dump of this program: LocalDumps is set up for its name. */
bool resort_localdumps_found(void)
{
    HKEY all = NULL, ours = NULL;
    wchar_t *name = wide_from_utf8(settings.program);

    if (name && RegOpenKeyExW(HKEY_LOCAL_MACHINE, NAME_KEY_LOCALDUMPS_WIDE, 0, KEY_READ | KEY_WOW64_64KEY, &all) == ERROR_SUCCESS &&
        RegOpenKeyExW(all, name, 0, KEY_READ | KEY_WOW64_64KEY, &ours) != ERROR_SUCCESS)
        ours = NULL;
    if (ours)
        RegCloseKey(ours);
    if (all)
        RegCloseKey(all);
    free(name);
    return ours != NULL;
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

/* The record, without what only the finished file tells, and what the program asked for beyond its dump. */
static void collect(const struct block *block, struct record_writer *ret)
{
    struct report_identity who = {.app = resort.app,
                                  .pid = block->pid,
                                  .process_start = unix_seconds(block->start_filetime),
                                  .crash_time = unix_seconds(block->crash_filetime),
                                  .layer = LAYER_IN_PROCESS};

    uuid_report_id(who.id, resort.machine, who.pid, who.process_start, 0);
    memcpy(client.block->report_id, who.id, sizeof who.id);
    memcpy(who.consent_of, resort.consent_of, sizeof who.consent_of);
    record_writer_init(ret, resort.record, REPORT_MAX_BYTES);
    report_put_identity(ret, &who);
    report_put_client(ret, block);
    extra_collect(&resort.extra, GetCurrentProcess(), block, ret);
    attachments_open(&resort.attachments, block, NULL, ret);
}

static bool write_all(HANDLE file, const void *bytes, size_t size)
{
    DWORD written;
    return WriteFile(file, bytes, (DWORD)size, &written, NULL) && written == size;
}

static bool write_minidump(HANDLE file, const struct block *block, struct record_writer *record)
{
    const struct dump_order order = {
        .process = GetCurrentProcess(),
        .file = file,
        .pid = GetCurrentProcessId(),
        .pointer_bits = sizeof(void *) * 8,
        .most_kind = block->most_dump_kind,
        .most_bytes = dump_bound(block->max_dump_bytes, block->most_dump_bytes),
        .copy = block,
        .record_text = resort.record,
        .record = record,
        .log = resort.log,
        .extra = &resort.extra,
        .write = self_dump_write,
    };
    const char *why;
    DWORD error;

    return dump_write(&order, &why, &error) == ST_OK;
}

static uint64_t file_end(HANDLE file)
{
    LARGE_INTEGER zero = {{0}}, end;
    return SetFilePointerEx(file, zero, &end, FILE_END) ? (uint64_t)end.QuadPart : 0;
}

/* Behind the dump: the attachments, each with its line in the record. */
static void write_attachments(HANDLE file, const struct block *block, uint64_t offset, struct record_writer *record)
{
    char text[ATTACHMENT_NAME_BYTES + 64];
    struct line line;
    size_t i;

    attachments_write(&resort.attachments, file, offset, dump_bound(block->max_dump_bytes, block->most_dump_bytes), record);
    for (i = 0; i < resort.attachments.count; i++) {
        const struct attachment *from = &resort.attachments.items[i];
        line_init(&line, text, sizeof text);
        line_u64(&line, offset);
        line_text(&line, " ");
        line_u64(&line, from->size_bytes);
        line_text(&line, " ");
        line_text(&line, from->name);
        record_put(record, RECORD_ATTACHMENT, text);
        offset += from->size_bytes;
    }
}

/* The record and the footer, behind all else. */
static bool write_record(HANDLE file, const struct record_writer *record)
{
    struct container_footer footer;
    uint8_t bytes[CONTAINER_FOOTER_BYTES];

    footer.record_offset = file_end(file);
    footer.record_bytes = (uint32_t)record->len;
    footer.record_crc32 = container_crc32(record->data, record->len);
    container_footer_encode(&footer, bytes);
    return write_all(file, record->data, record->len) && write_all(file, bytes, sizeof bytes) && FlushFileBuffers(file);
}

/* The end of the report file: attachments, the record with the dump's size, and the footer. */
static bool write_tail(HANDLE file, const struct block *block, struct record_writer *record)
{
    uint64_t dump_bytes = file_end(file);

    if (!dump_bytes)
        return false;
    record_put_u64(record, RECORD_DUMP_BYTES, dump_bytes);
    write_attachments(file, block, dump_bytes, record);
    return write_record(file, record);
}

static void append_wide(wchar_t *to, size_t size, size_t *len, const wchar_t *text)
{
    while (*text && *len + 1 < size)
        to[(*len)++] = *text++;
    to[*len] = 0;
}

static void append_number(wchar_t *to, size_t size, size_t *len, uint64_t value)
{
    wchar_t digits[21], *at = digits + 20;

    *at = 0;
    do {
        *--at = (wchar_t)(L'0' + value % 10);
        value /= 10;
    } while (value);
    append_wide(to, size, len, at);
}

/* "<folder><name>-<seconds>-<pid>.dmp" */
static bool move_into_queue(HANDLE file, const struct block *block)
{
    const struct nt_file *folder = block->consent == BLOCK_CONSENT_NO ? &resort.folder_new : &resort.folder_pending;
    wchar_t *name = resort.final->name;
    size_t size = resort.final_size, len = 0;
    IO_STATUS_BLOCK io;

    append_wide(name, size, &len, folder->name.Buffer);
    append_wide(name, size, &len, resort.name);
    append_wide(name, size, &len, L"-");
    append_number(name, size, &len, (uint64_t)unix_seconds(block->crash_filetime));
    append_wide(name, size, &len, L"-");
    append_number(name, size, &len, block->pid);
    append_wide(name, size, &len, L".dmp");
    resort.final->name_bytes = (ULONG)(len * sizeof *name);
    return client.set_file(file, &io, resort.final, (ULONG)(offsetof(struct nt_rename, name) + len * sizeof *name), NT_RENAME) >= 0;
}

/* What cannot be finished stays in tmp/, which is swept at the next start. */
static bool open_draft(HANDLE *ret)
{
    IO_STATUS_BLOCK io;

    return client.create_file(ret, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &resort.draft.attributes, &io, NULL,
                              FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL,
                              0) >= 0;
}

static bool write_file(const struct block *block)
{
    struct record_writer record;
    HANDLE file;
    bool written;

    if (!open_draft(&file))
        return false;
    collect(block, &record);
    written = write_minidump(file, block, &record) && write_tail(file, block, &record) && move_into_queue(file, block);
    attachments_close(&resort.attachments);
    CloseHandle(file);
    return written;
}

bool resort_queue_comment(struct block *block)
{
    static uint32_t number;
    struct report_identity who = {.app = resort.app};
    struct record_writer record;
    bool written;
    FILETIME now;
    HANDLE file;

    if (!client.resort_go || !open_draft(&file))
        return false;
    GetSystemTimeAsFileTime(&now);
    block->crash_filetime = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime; /* names the file */
    who.crash_time = unix_seconds(block->crash_filetime);
    memcpy(who.consent_of, resort.consent_of, sizeof who.consent_of);
    record_writer_init(&record, resort.record, REPORT_MAX_BYTES);
    report_put_comment(&record, block, &who, ++number);
    written = write_record(file, &record) && move_into_queue(file, block);
    CloseHandle(file);
    return written;
}

static void write_report(struct block *block)
{
    bool written;

    report_copy_block(resort.copy, block);
    block_mend(resort.copy, &resort.owner);
    written = write_file(resort.copy);
    if (!written)
        block->report_id[0] = 0;
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

/* "<spool>\<folder>\<name>", with the folder made. */
static bool make_path(const char *spool, const char *folder, const char *name, struct nt_file *ret)
{
    char *dir = path_joined(spool, folder), *path = dir ? path_joined(dir, name) : NULL;
    wchar_t *wide = path && folder_create(dir) == ST_OK ? wide_path(path) : NULL;
    bool is_made = nt_file_name(wide, ret);

    free(wide);
    free(dir);
    free(path);
    return is_made;
}

static bool prepare_paths(const struct settings *from)
{
    wchar_t *name = wide_from_utf8(from->app);
    char draft[64];
    struct line line;
    size_t len = 0;

    line_init(&line, draft, sizeof draft);
    line_text(&line, "resort-");
    line_u64(&line, GetCurrentProcessId());
    line_text(&line, ".tmp");
    if (name && client.set_file && make_path(from->spool_dir, "tmp", draft, &resort.draft) &&
        make_path(from->spool_dir, "pending", "", &resort.folder_pending) && make_path(from->spool_dir, "new", "", &resort.folder_new)) {
        append_wide(resort.name, BLOCK_MAX_NAME, &len, name);
        resort.final_size = resort.folder_pending.name.Length / sizeof *name + BLOCK_MAX_NAME + 64; /* the longer of the two */
        resort.final = calloc(1, sizeof *resort.final + resort.final_size * sizeof *name);
    }
    free(name);
    return resort.final != NULL;
}

/* What the record says about who we are. */
static void prepare_identity(const struct settings *from)
{
    uint8_t sid[USER_MAX_SID_BYTES];
    size_t size;

    resort.owner = (struct block_owner){client_local_block.pid, client_local_block.pointer_bits, client_local_block.start_filetime};
    if (machine_id(resort.machine) != ST_OK)
        memset(resort.machine, 0, sizeof resort.machine);
    text_copy(resort.app, sizeof resort.app, from->app);
    if (user_sid(GetCurrentProcess(), sid, &size) == ST_OK)
        uuid_consent_of(resort.consent_of, resort.machine, sid, size, from->program);
}

void resort_prepare(const struct settings *from)
{
    if (client.last_resort != BLOCK_RESORT_IN_PROCESS || resort.thread)
        return;
    prepare_identity(from);
    resort.record = malloc(REPORT_MAX_BYTES);
    resort.copy = malloc(sizeof *resort.copy);
    if (!resort.record || !resort.copy || !prepare_paths(from) || self_dump_prepare() != ST_OK)
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
