/* dumper.c - writes one dump in a process of its own.
 *
 * It alone reads what a crashed process left: the block, copied once and then checked, and through dbghelp the process's memory. Whatever
 * goes wrong here ends this process and nothing else; the broker holds it in a job object and counts its progress. */
#include "dumper.h"
#include "../task.h"
#include "base/text.h"
#include "proto/code.h"
#include "proto/report.h"
#include "writer/append.h"
#include "writer/minidump_writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STREAM_BYTES (1024u * 1024) /* of one that the program asked for; what is longer is cut */
#define OWN_STREAMS      2
#define FIRST_USER_TYPE  0x10000u /* below it are the format's own streams */

struct dumper {
    struct dump_task *task;
    struct block *live; /* as the client has it; read once, written for progress only */
    struct block *copy;
    uint8_t *log;
    uint8_t *extra[BLOCK_MAX_STREAMS]; /* what the program's own streams held */
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
    if (task->magic != DUMP_TASK_MAGIC || task->version != DUMP_TASK_VERSION || task->size_bytes != sizeof *task ||
        task->identity_bytes > RECORD_MAX_BYTES) {
        UnmapViewOfFile(task);
        return NULL;
    }
    return task;
}

static void write_record(struct dumper *dumper)
{
    struct dump_task *task = dumper->task;
    struct record_writer writer;

    record_writer_init(&writer, task->record + task->identity_bytes, sizeof task->record - task->identity_bytes);
    report_put_client(&writer, dumper->copy); /* lines that do not fit are left out whole */
    task->record_bytes = task->identity_bytes + (uint32_t)writer.len;
}

/* Reads what the program wants in its dump; a stream that cannot be read whole is left out, for half of one says something else. */
static size_t add_streams(struct dumper *dumper, struct minidump_stream *ret)
{
    HANDLE process = (HANDLE)(uintptr_t)dumper->task->process;
    size_t count = 0;

    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++) {
        const struct block_stream *from = &dumper->copy->streams[i];
        SIZE_T size = from->size_bytes < MAX_STREAM_BYTES ? (SIZE_T)from->size_bytes : MAX_STREAM_BYTES, got = 0;
        if (size == 0 || from->type < FIRST_USER_TYPE || from->type == PROTO_STREAM_RECORD || from->type == PROTO_STREAM_LOG)
            continue;
        dumper->extra[i] = malloc(size);
        if (dumper->extra[i] && ReadProcessMemory(process, (const void *)(uintptr_t)from->address, dumper->extra[i], size, &got) &&
            got == size)
            ret[count++] = (struct minidump_stream){from->type, {dumper->extra[i], size}};
        on_progress(dumper);
    }
    return count;
}

static int write_dump(struct dumper *dumper)
{
    const struct dump_task *task = dumper->task;
    struct minidump_stream streams[OWN_STREAMS + BLOCK_MAX_STREAMS] = {
        {PROTO_STREAM_RECORD, {(const uint8_t *)task->record, task->record_bytes}},
    };
    size_t log_bytes = report_log(dumper->copy, dumper->log), stream_count = 1;

    if (log_bytes)
        streams[stream_count++] = (struct minidump_stream){PROTO_STREAM_LOG, {dumper->log, log_bytes}};
    stream_count += add_streams(dumper, streams + stream_count);
    struct minidump_request request = {
        .process = (HANDLE)(uintptr_t)task->process,
        .file = (HANDLE)(uintptr_t)task->file,
        .pid = task->pid,
        .kind = dumper->copy->dump_kind,
        .exception = &dumper->copy->exception,
        .pointer_bits = dumper->copy->pointer_bits,
        .streams = streams,
        .stream_count = stream_count,
        .progress = on_progress,
        .context = dumper,
    };
    const char *why = "out of memory";
    DWORD error = 0;
    enum status st = minidump_write(&request, &why, &error);

    if (st)
        return fail(dumper, st, why, error);
    on_progress(dumper);
    minidump_append(request.file, request.process, request.pid); /* on an error the dump stays what it was */
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
    dumper->live = MapViewOfFile((HANDLE)(uintptr_t)dumper->task->block_section, FILE_MAP_WRITE, 0, 0, sizeof *dumper->live);
    if (!dumper->live)
        return fail(dumper, ST_SYSTEM, "the shared block cannot be mapped", GetLastError());
    dumper->copy = malloc(sizeof *dumper->copy);
    dumper->log = malloc(BLOCK_LOG_BYTES);
    if (!dumper->copy || !dumper->log)
        return fail(dumper, ST_MEMORY, "out of memory", 0);
    on_progress(dumper);
    report_copy_block(dumper->copy, dumper->live);
    const char *why = block_check(dumper->copy, sizeof *dumper->copy);
    if (why)
        return fail(dumper, ST_FORMAT, why, 0); /* the broker's line says whose block */
    if (dumper->task->request == BLOCK_REQUEST_HANG)
        take_hang(dumper->copy);
    write_record(dumper);
    on_progress(dumper);
    return write_dump(dumper);
}

int dumper_main(const char *section_text)
{
    struct dumper dumper = {0};

    /* A fault here is the broker's to notice; no dialog, and no report about the reporter. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    dumper.task = map_task(section_text);
    if (!dumper.task)
        return 2;
    int code = dump(&dumper);
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++)
        free(dumper.extra[i]);
    free(dumper.log);
    free(dumper.copy);
    if (dumper.live)
        UnmapViewOfFile(dumper.live);
    UnmapViewOfFile(dumper.task);
    return code;
}
