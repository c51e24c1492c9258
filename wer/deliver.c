/* deliver.c - see deliver.h. WerFault is a healthy process, so the dump is written right here; a monitor that may be dead is not asked. */
#include "deliver.h"
#include "base/clock.h"
#include "base/machine.h"
#include "base/win/user.h"
#include "base/win/wide.h"
#include "proto/code.h"
#include "proto/report.h"
#include "spool/spool.h"
#include "writer/attachment.h"
#include "writer/dbghelp_dump.h"
#include "writer/dump.h"
#include <stdlib.h>
#include <string.h>

struct delivery {
    struct target *target;
    const struct wer_event *event;
    struct report_identity identity;
    char *app, *record;
    uint8_t *log;
    struct record_writer writer;
    struct extra extra;
    struct attachments attachments;
    struct spool *spool;
    struct spool_draft *draft;
};

/* The crashed program's file name, from the system and not from the block. */
static char *program_name(HANDLE process)
{
    wchar_t *path = malloc(32768 * sizeof *path);
    DWORD chars = 32768;
    char *utf8 = NULL, *name = NULL;

    if (path && QueryFullProcessImageNameW(process, 0, path, &chars))
        utf8 = wide_to_utf8(path);
    if (utf8)
        name = _strdup(path_base(utf8));
    free(utf8);
    free(path);
    return name;
}

static int64_t start_time(HANDLE process)
{
    FILETIME created, unused;
    if (!GetProcessTimes(process, &created, &unused, &unused, &unused))
        return 0;
    return clock_from_filetime((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) / 1000;
}

static enum status identify(struct delivery *delivery)
{
    uint8_t machine[16] = {0}, sid[USER_MAX_SID_BYTES];
    size_t sid_bytes;

    delivery->app = program_name(delivery->target->process);
    if (!delivery->app)
        return ST_MEMORY;
    machine_id(machine); /* without one ids rest on pid and start time, as everywhere */
    delivery->identity.app = delivery->app;
    delivery->identity.pid = GetProcessId(delivery->target->process);
    delivery->identity.process_start = start_time(delivery->target->process);
    delivery->identity.crash_time = clock_unix_ms() / 1000;
    delivery->identity.layer = LAYER_WER;
    uuid_report_id(delivery->identity.id, machine, delivery->identity.pid, delivery->identity.process_start, 0);
    if (user_sid(delivery->target->process, sid, &sid_bytes) == ST_OK)
        uuid_consent_of(delivery->identity.consent_of, machine, sid, sid_bytes, delivery->app);
    return ST_OK;
}

/* WER's record and context take the place of whatever the block holds. */
static void take_fault(struct block *copy, const struct wer_event *event)
{
    struct block_exception *fault = &copy->exception;
    DWORD i, count = event->record.NumberParameters;

    memset(fault, 0, sizeof *fault);
    fault->code = event->record.ExceptionCode;
    fault->flags = event->record.ExceptionFlags;
    fault->address = (uint64_t)(uintptr_t)event->record.ExceptionAddress;
    fault->parameter_count = count < BLOCK_MAX_PARAMETERS ? count : BLOCK_MAX_PARAMETERS;
    for (i = 0; i < fault->parameter_count; i++)
        fault->parameters[i] = event->record.ExceptionInformation[i];
    fault->thread_id = GetThreadId(event->thread);
    fault->context_size_bytes = sizeof event->context;
    memcpy(fault->context, &event->context, sizeof event->context);
    copy->source = BLOCK_SOURCE_WER;
    copy->request = BLOCK_REQUEST_CRASH;
}

static void write_record(struct delivery *delivery, bool is_claimed)
{
    const struct wer_event *event = delivery->event;
    const char *name;

    record_writer_init(&delivery->writer, delivery->record, REPORT_MAX_BYTES);
    report_put_identity(&delivery->writer, &delivery->identity);
    if (!is_claimed)
        record_put(&delivery->writer, RECORD_UNCLAIMED, "1");
    if (event->record.ExceptionCode == CODE_FAST_FAIL && event->record.NumberParameters) {
        name = code_fast_fail_name(event->record.ExceptionInformation[0]);
        record_put_u64(&delivery->writer, RECORD_FAST_FAIL, event->record.ExceptionInformation[0]);
        if (name)
            record_put(&delivery->writer, RECORD_FAST_FAIL_NAME, name);
    }
    report_put_client(&delivery->writer, delivery->target->copy);
}

/* What the program asked for beyond its dump. WerFault runs as the program's user or as SYSTEM: files are opened as that user either way.
 */
static void collect_extras(struct delivery *delivery)
{
    HANDLE token = attachments_token(delivery->target->process);

    extra_collect(&delivery->extra, delivery->target->process, delivery->target->copy, &delivery->writer);
    attachments_open(&delivery->attachments, delivery->target->copy, token, &delivery->writer);
    if (token != INVALID_HANDLE_VALUE)
        CloseHandle(token);
}

static uint64_t most_bytes(const struct block *copy)
{
    return dump_bound(copy->max_dump_bytes, copy->most_dump_bytes);
}

static enum status write_dump(struct delivery *delivery)
{
    const struct block *copy = delivery->target->copy;
    const struct dump_order order = {
        .process = delivery->target->process,
        .file = (HANDLE)spool_draft_file(delivery->draft)->os,
        .pid = delivery->identity.pid,
        .pointer_bits = sizeof(void *) * 8,
        .most_kind = copy->most_dump_kind,
        .most_bytes = most_bytes(copy),
        .copy = copy,
        .record_text = delivery->record,
        .record = &delivery->writer,
        .log = delivery->log,
        .extra = &delivery->extra,
        .write = dbghelp_dump_write,
        .progress = target_progress,
        .context = delivery->target,
    };
    const char *why;
    DWORD error;

    return dump_write(&order, &why, &error);
}

static enum status end_draft(struct delivery *delivery)
{
    struct attachments *attachments = &delivery->attachments;
    struct spool_attachment files[BLOCK_MAX_ATTACHMENTS];
    struct file *file = spool_draft_file(delivery->draft);
    struct file_info info;
    enum status status = file_info_of(file, &info);

    if (status != ST_OK)
        return status;
    attachments_write(attachments, (HANDLE)file->os, info.size_bytes, most_bytes(delivery->target->copy), &delivery->writer);
    for (size_t i = 0; i < attachments->count; i++)
        files[i] = (struct spool_attachment){.name = attachments->items[i].name, .size_bytes = attachments->items[i].size_bytes};
    return spool_draft_end_written(delivery->draft, info.size_bytes, files, attachments->count);
}

/* The monitor's inbox where there is one, else the program's own queue, from where its next monitor or salvor-upload sends it. */
static enum status open_draft(struct delivery *delivery)
{
    const struct block *copy = delivery->target->copy;
    enum status status = ST_NOT_FOUND;

    if (copy->inbox[0])
        status = spool_open_inbox(&delivery->spool, copy->inbox);
    else if (copy->spool_dir[0])
        status = spool_open(&delivery->spool, copy->spool_dir);
    return status == ST_OK ? spool_draft_create(delivery->spool, &delivery->draft) : status;
}

/* What a program's user does not want sent waits where no salvor-upload looks. */
static enum spool_state queue_state(const struct block *copy)
{
    return copy->consent == BLOCK_CONSENT_NO ? SPOOL_NEW : SPOOL_PENDING;
}

static enum status write_report(struct delivery *delivery, bool is_claimed)
{
    struct spool_draft *draft;
    enum status status = identify(delivery);

    if (status == ST_OK) {
        delivery->record = malloc(REPORT_MAX_BYTES);
        delivery->log = malloc(BLOCK_LOG_BYTES);
        status = delivery->record && delivery->log ? open_draft(delivery) : ST_MEMORY;
    }
    if (status == ST_OK) {
        take_fault(delivery->target->copy, delivery->event);
        write_record(delivery, is_claimed);
        collect_extras(delivery);
        status = write_dump(delivery);
    }
    if (status == ST_OK)
        status = end_draft(delivery);
    if (status == ST_OK) {
        draft = delivery->draft;
        delivery->draft = NULL; /* commit frees it either way */
        status = spool_draft_commit(draft, delivery->record, delivery->writer.len, queue_state(delivery->target->copy), NULL);
    }
    return status;
}

enum status deliver(struct target *target, const struct wer_event *event, bool is_claimed)
{
    struct delivery delivery = {.target = target, .event = event};
    enum status status = write_report(&delivery, is_claimed);

    target_finish(target, status, delivery.identity.id);
    attachments_close(&delivery.attachments);
    extra_done(&delivery.extra);
    spool_draft_abandon(delivery.draft);
    spool_close(delivery.spool);
    free(delivery.record);
    free(delivery.log);
    free(delivery.app);
    return status;
}
