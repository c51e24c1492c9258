/* dumper.c - writes one dump in a process of its own, which may have been started long before.
 *
 * It alone reads what a crashed process left: the block, copied once and then checked, and through dbghelp the process's memory. Whatever
 * goes wrong here ends this process and nothing else; the broker holds it in a job object and counts its progress. */
#include "dumper.h"
#include "../task.h"
#include "base/text.h"
#include "crash_address.h"
#include "proto/code.h"
#include "proto/report.h"
#include "writer/attachment.h"
#include "writer/dbghelp_dump.h"
#include "writer/dump.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dumper {
    struct dump_task *task;
    struct block *live; /* as the client has it; read once, written for progress only */
    struct block *copy;
    uint8_t *log;
    struct record_writer record; /* into the task's, behind the identity */
    struct extra extra;
    struct attachments attachments;
};

static void on_progress(void *context)
{
    struct dumper *dumper = context;

    InterlockedIncrement((volatile LONG *)&dumper->task->progress);
    InterlockedIncrement((volatile LONG *)&dumper->live->progress);
}

static int fail(struct dumper *dumper, enum status st, const char *why, DWORD error)
{
    if (error)
        snprintf(dumper->task->message, sizeof dumper->task->message, "%s (error 0x%lx)", why, error);
    else
        snprintf(dumper->task->message, sizeof dumper->task->message, "%s", why);
    dumper->task->status = (uint32_t)st;
    return 1;
}

static struct dump_task *map_task(const char *section_text)
{
    uint64_t section;

    if (!text_parse_u64(section_text, &section))
        return NULL;
    struct dump_task *task = MapViewOfFile((HANDLE)(uintptr_t)section, FILE_MAP_WRITE, 0, 0, sizeof *task);
    if (!task)
        return NULL;
    if (task->magic != DUMP_TASK_MAGIC || task->version != DUMP_TASK_VERSION || task->size_bytes != sizeof *task) {
        UnmapViewOfFile(task);
        return NULL;
    }
    return task;
}

/* Takes annotations out of the copy, so that they get into neither record nor dump. names: one a line. */
static void drop_annotations(struct block *copy, const char *names)
{
    for (const char *end; (end = strchr(names, '\n')) != NULL; names = end + 1)
        for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++) {
            struct block_annotation *annotation = &copy->annotations[i];

            if (annotation->key_bytes == (size_t)(end - names) && _strnicmp(annotation->key, names, annotation->key_bytes) == 0)
                annotation->key_bytes = 0;
        }
}

static void write_record(struct dumper *dumper)
{
    struct dump_task *task = dumper->task;
    HANDLE token = task->token ? (HANDLE)(uintptr_t)task->token : INVALID_HANDLE_VALUE;

    record_writer_init(&dumper->record, task->record + task->identity_bytes, sizeof task->record - task->identity_bytes);
    drop_annotations(dumper->copy, task->drop_annotations);
    report_put_client(&dumper->record, dumper->copy); /* lines that do not fit are left out whole */
    crash_address_put(&dumper->record, (HANDLE)(uintptr_t)task->process, dumper->copy->exception.address);
    extra_collect(&dumper->extra, (HANDLE)(uintptr_t)task->process, dumper->copy, &dumper->record);
    on_progress(dumper);
    if (!task->drop_attachments)
        attachments_open(&dumper->attachments, dumper->copy, token, &dumper->record);
}

/* Behind the dump, where the broker finds them by their sizes. */
static enum status write_attachments(struct dumper *dumper, uint64_t most_bytes)
{
    struct dump_task *task = dumper->task;
    HANDLE file = (HANDLE)(uintptr_t)task->file;
    LARGE_INTEGER size;

    if (!GetFileSizeEx(file, &size))
        return ST_SYSTEM;
    attachments_write(&dumper->attachments, file, (uint64_t)size.QuadPart, most_bytes, &dumper->record);
    task->dump_bytes = (uint64_t)size.QuadPart;
    for (size_t i = 0; i < dumper->attachments.count; i++) {
        task->files[i].size_bytes = dumper->attachments.items[i].size_bytes;
        text_copy(task->files[i].name, sizeof task->files[i].name, dumper->attachments.items[i].name);
    }
    task->file_count = (uint32_t)dumper->attachments.count;
    task->record_bytes = task->identity_bytes + (uint32_t)dumper->record.len;
    return ST_OK;
}

static int write_dump(struct dumper *dumper, uint64_t most_bytes)
{
    const struct dump_task *task = dumper->task;
    const struct dump_order order = {
        .process = (HANDLE)(uintptr_t)task->process,
        .file = (HANDLE)(uintptr_t)task->file,
        .pid = task->pid,
        .pointer_bits = dumper->copy->pointer_bits,
        .most_kind = task->most_kind,
        .most_bytes = most_bytes,
        .copy = dumper->copy,
        .record_text = task->record,
        .record = &dumper->record,
        .log = dumper->log,
        .extra = &dumper->extra,
        .write = dbghelp_dump_write,
        .progress = on_progress,
        .context = dumper,
    };
    const char *why = "out of memory";
    DWORD error = 0;
    enum status st = dump_write(&order, &why, &error);

    if (st)
        return fail(dumper, st, why, error);
    on_progress(dumper);
    st = write_attachments(dumper, most_bytes);
    if (st)
        return fail(dumper, st, "the dump's size cannot be read", GetLastError());
    on_progress(dumper);
    dumper->task->status = ST_OK;
    return 0;
}

/* There is no fault, and what an earlier dump left in the block is none either. */
static void take_hang(struct block *copy)
{
    memset(&copy->exception, 0, sizeof copy->exception);
    copy->exception.code = CODE_HANG;
    copy->request = BLOCK_REQUEST_HANG;
    copy->source = BLOCK_SOURCE_HANG;
}

static int dump(struct dumper *dumper)
{
    const struct block_owner owner = {dumper->task->pid, dumper->task->pointer_bits, dumper->task->start_filetime};

    dumper->live = MapViewOfFile((HANDLE)(uintptr_t)dumper->task->block_section, FILE_MAP_WRITE, 0, 0, sizeof *dumper->live);
    if (!dumper->live)
        return fail(dumper, ST_SYSTEM, "the shared block cannot be mapped", GetLastError());
    dumper->copy = malloc(sizeof *dumper->copy);
    dumper->log = malloc(BLOCK_LOG_BYTES);
    if (!dumper->copy || !dumper->log)
        return fail(dumper, ST_MEMORY, "out of memory", 0);
    on_progress(dumper);
    report_copy_block(dumper->copy, dumper->live);
    block_mend(dumper->copy, &owner);
    if (dumper->task->request == BLOCK_REQUEST_HANG)
        take_hang(dumper->copy);
    write_record(dumper);
    on_progress(dumper);
    return write_dump(dumper, dump_bound(dumper->copy->max_dump_bytes, dumper->task->most_bytes));
}

/* Until there is something to dump; false when there is not, the broker having gone. */
static bool await_task(struct dump_task *task)
{
    const HANDLE waits[] = {(HANDLE)(uintptr_t)task->go, (HANDLE)(uintptr_t)task->broker};

    if (WaitForMultipleObjects(2, waits, FALSE, INFINITE) != WAIT_OBJECT_0 || task->identity_bytes > RECORD_MAX_BYTES)
        return false;
    InterlockedIncrement((volatile LONG *)&task->progress); /* the broker's sign that we are at work */
    return true;
}

int dumper_main(const char *section_text)
{
    struct dumper dumper = {0};

    /* A fault here is the broker's to notice; no dialog, and no report about the reporter. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    dumper.task = map_task(section_text);
    if (!dumper.task)
        return 2;
    /* Wine's dbghelp would read the list of the host's own modules out of each process; Windows' knows no such variable. */
    SetEnvironmentVariableW(L"DBGHELP_NOLIVE", L"1");
    minidump_prepare(); /* what takes time is done before anybody waits for it; an error comes up again when the dump is written */
    int code = await_task(dumper.task) ? dump(&dumper) : 2;
    attachments_close(&dumper.attachments);
    extra_done(&dumper.extra);
    free(dumper.log);
    free(dumper.copy);
    if (dumper.live)
        UnmapViewOfFile(dumper.live);
    UnmapViewOfFile(dumper.task);
    return code;
}
