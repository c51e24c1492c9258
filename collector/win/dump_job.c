/* dump_job.c - the broker's side of a dump.
 *
 * The broker never parses the target's memory or the client's block: a dumper process, held in a job object, does. What comes back is a
 * file that must begin like a minidump and a record that must begin with the identity lines written here. */
#include "dump_job.h"
#include "../event_log.h"
#include "base/clock.h"
#include "base/log.h"
#include "dumper_process.h"
#include "memory_facts.h"
#include "proto/report.h"
#include "release.h"
#include "writer/attachment.h"
#include <stdlib.h>
#include <string.h>

#define STALL_MS     20000 /* a dumper that makes no progress for this long is ended, */
#define SPARE_MS     2000  /* and a spare that does not begin in this time: another may do it */
#define LIMIT_MS     300000
#define KILL_MS      5000
#define PULSE_MS     250 /* how often progress is looked at while a dump is under way */
#define PREFIX_BYTES 8192

struct dump_job {
    const struct dump_policy *policy;
    struct client *client;
    struct report_identity identity;
    char prefix[PREFIX_BYTES]; /* the record's first lines, which are the broker's own word */
    size_t prefix_bytes;
    struct dumper_process *dumper;
    volatile struct dump_task *task; /* the dumper's */
    struct spool_draft *draft;
    const char *why; /* of a failure */
    bool is_told;    /* the client, and may be gone */
};

static int64_t filetime_unix(uint64_t filetime)
{
    return clock_from_filetime(filetime) / 1000;
}

static enum status last_error(struct dump_job *job, const char *why)
{
    DWORD error = GetLastError();

    job->why = why;
    return error ? status_from_win32(error) : ST_SYSTEM;
}

static enum status write_identity(struct dump_job *job, uint32_t sequence)
{
    const struct peer *peer = &job->client->peer;
    const struct memory_facts facts = memory_facts_read(peer->process);
    struct record_writer writer;

    job->identity = (struct report_identity){
        .app = peer->app,
        .pid = peer->pid,
        .process_start = filetime_unix(peer->start_filetime),
        .crash_time = clock_unix_ms() / 1000,
        .layer = LAYER_MONITOR,
    };
    uuid_report_id(job->identity.id, job->policy->machine_id, peer->pid, job->identity.process_start, sequence);
    memcpy(job->identity.consent_of, peer->consent_of, sizeof job->identity.consent_of);
    record_writer_init(&writer, job->prefix, sizeof job->prefix);
    report_put_identity(&writer, &job->identity);
    memory_facts_put(&writer, &facts);
    job->prefix_bytes = writer.len;
    return writer.overflow ? ST_TOO_LARGE : ST_OK;
}

static void write_limits(struct dump_job *job)
{
    struct dump_limits limits = {.most_kind = 0};

    if (!job->policy->limits)
        return;
    job->policy->limits(job->policy->limits_context, job->client->peer.app, &limits);
    job->task->most_kind = limits.most_kind;
    job->task->most_bytes = limits.most_bytes;
    job->task->drop_attachments = limits.drop_attachments;
    memcpy((char *)(uintptr_t)job->task->drop_annotations, limits.drop_annotations, sizeof limits.drop_annotations);
}

static void write_task(struct dump_job *job)
{
    job->task = job->dumper->task;
    job->task->pid = job->client->peer.pid;
    job->task->request = job->client->request;
    job->task->pointer_bits = job->client->pointer_bits;
    job->task->start_filetime = job->client->peer.start_filetime;
    memcpy((char *)(uintptr_t)job->task->record, job->prefix, job->prefix_bytes);
    job->task->identity_bytes = (uint32_t)job->prefix_bytes;
    write_limits(job);
}

/* Without it the dumper opens no attachment. */
static void give_token(struct dump_job *job)
{
    HANDLE token = attachments_token(job->client->peer.process);

    if (token == INVALID_HANDLE_VALUE)
        return;
    dumper_process_give(job->dumper, token, 0, DUPLICATE_SAME_ACCESS, &job->task->token);
    CloseHandle(token);
}

static enum status give_handles(struct dump_job *job)
{
    HANDLE file = (HANDLE)spool_draft_file(job->draft)->os;
    bool ok = dumper_process_give(job->dumper, job->client->peer.process,
                                  PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_DUP_HANDLE | SYNCHRONIZE, 0, &job->task->process) &&
              dumper_process_give(job->dumper, job->client->section, SECTION_MAP_READ | SECTION_MAP_WRITE, 0, &job->task->block_section) &&
              dumper_process_give(job->dumper, file, 0, DUPLICATE_SAME_ACCESS, &job->task->file);

    if (!ok)
        return last_error(job, "the dumper's handles cannot be made");
    give_token(job);
    return ST_OK;
}

static bool has_begun(const struct dump_job *job)
{
    return job->task->progress != 0;
}

/* The task's counter, which the client cannot reach (it can the block's), and what is written: Wine's MiniDumpWriteDump calls nobody back
 * while it copies memory. */
static uint64_t pulse_of(struct dump_job *job)
{
    struct file_info info;
    uint64_t written = file_info_of(spool_draft_file(job->draft), &info) == ST_OK ? info.size_bytes : 0;

    return written + job->task->progress;
}

static enum status await_dumper(struct dump_job *job, uint32_t begin_ms)
{
    HANDLE waits[] = {(HANDLE)process_os(job->dumper->process), job->policy->stop};
    uint64_t begin = clock_steady_ms(), moved = begin;
    uint64_t seen = pulse_of(job), pulse;
    uint32_t exit_code;

    for (;;) {
        DWORD got = WaitForMultipleObjects(2, waits, FALSE, PULSE_MS);
        uint64_t now = clock_steady_ms();
        if (got == WAIT_OBJECT_0)
            break;
        if (got == WAIT_OBJECT_0 + 1) {
            job->why = "the collector is shutting down";
            return ST_STATE;
        }
        pulse = pulse_of(job);
        if (pulse != seen) {
            seen = pulse;
            moved = now;
            InterlockedIncrement((volatile LONG *)&job->client->head->progress); /* the client looks there */
        }
        if (now - moved > (has_begun(job) ? STALL_MS : begin_ms) || now - begin > LIMIT_MS) {
            job->why = "the dumper made no progress";
            return ST_TIMEOUT;
        }
    }
    job->why = "the dumper died";
    return process_wait(job->dumper->process, 0, &exit_code);
}

static enum status work(struct dump_job *job, uint32_t begin_ms)
{
    enum status st;

    write_task(job);
    st = give_handles(job);
    if (st)
        return st;
    dumper_process_go(job->dumper);
    return await_dumper(job, begin_ms);
}

/* Whatever became of a spare while it waited (its user's programs may open it): until it has begun, another can take its place. */
static enum status work_of_spare(struct dump_job *job)
{
    enum status st = work(job, SPARE_MS);

    if (has_begun(job) || WaitForSingleObject(job->policy->stop, 0) == WAIT_OBJECT_0)
        return st;
    log_warn("spare-useless", "pid=%u reason=\"%s\" consequence=\"the crash waits for another to start\"", process_id(job->dumper->process),
             job->why);
    job->task = NULL;
    dumper_process_free(job->dumper);
    job->dumper = NULL;
    InterlockedIncrement((volatile LONG *)&job->client->head->progress); /* it is being seen to */
    return ST_OK;
}

static enum status write_dump(struct dump_job *job)
{
    struct dumper_rights rights;
    enum status st = ST_OK;

    dumper_rights_of(&rights, job->policy->as_client, job->client->peer.process);
    job->dumper = spares_take(job->policy->spares, &rights);
    if (job->dumper)
        st = work_of_spare(job);
    if (!job->dumper) {
        st = dumper_process_start(&job->dumper, job->policy->dumper_command, &rights, &job->why);
        if (!st)
            st = work(job, STALL_MS);
    }
    dumper_rights_done(&rights);
    return st;
}

/* A dumper that came to no end of its own may have stopped its target, which waits for us. */
static void release_target(struct dump_job *job)
{
    uint32_t pid = job->client->peer.pid, exit_code;
    size_t released;

    if (!job->dumper || job->task->status != ST_STATE)
        return;
    process_kill(job->dumper->process);
    process_wait(job->dumper->process, KILL_MS, &exit_code); /* it must not stop them again */
    released = release_threads(pid);
    if (released)
        log_warn("target-released", "pid=%u threads=%zu", pid, released);
}

static enum status check_result(struct dump_job *job)
{
    static const uint8_t magic[4] = {'M', 'D', 'M', 'P'};
    uint8_t head[32];

    if (job->task->status != ST_OK) {
        job->task->message[sizeof job->task->message - 1] = '\0';
        job->why = job->task->message[0] ? (const char *)(uintptr_t)job->task->message : "the dumper died";
        return job->task->status < ST_COUNT ? (enum status)job->task->status : ST_SYSTEM;
    }
    job->why = "what the dumper wrote is no minidump";
    if (file_read_at(spool_draft_file(job->draft), 0, head, sizeof head) || memcmp(head, magic, sizeof magic) != 0)
        return ST_FORMAT;
    return ST_OK;
}

/* The dumper's record, if it still begins with our identity lines. Its text is data for the server, like an annotation. */
static enum status take_record(struct dump_job *job, char **ret, size_t *ret_bytes)
{
    uint32_t bytes = job->task->record_bytes;
    char *text;

    job->why = "the dumper's record does not carry the report's identity";
    if (bytes > RECORD_MAX_BYTES || job->prefix_bytes > bytes)
        return ST_FORMAT;
    text = malloc((size_t)bytes + 1);
    if (!text)
        return ST_MEMORY;
    memcpy(text, (const char *)(uintptr_t)job->task->record, bytes);
    if (memcmp(text, job->prefix, job->prefix_bytes) != 0) {
        free(text);
        return ST_FORMAT;
    }
    *ret = text;
    *ret_bytes = bytes;
    return ST_OK;
}

/* Dump and files as the dumper says that it wrote them; lengths that do not fit the file are refused by the queue. */
static enum status end_file(struct dump_job *job)
{
    struct spool_attachment files[DUMP_TASK_MAX_FILES];
    char names[DUMP_TASK_MAX_FILES][DUMP_TASK_NAME_BYTES];
    uint32_t count = job->task->file_count;

    if (count > DUMP_TASK_MAX_FILES)
        return ST_FORMAT;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(names[i], (const char *)(uintptr_t)job->task->files[i].name, DUMP_TASK_NAME_BYTES);
        names[i][DUMP_TASK_NAME_BYTES - 1] = '\0';
        files[i] = (struct spool_attachment){.name = names[i], .size_bytes = job->task->files[i].size_bytes};
    }
    return spool_draft_end_written(job->draft, job->task->dump_bytes, files, count);
}

/* A client that hangs did not ask: it finds its block as it was, unless it crashed meanwhile and has moved on by itself. */
static void release_client(struct client *client)
{
    InterlockedCompareExchange((volatile LONG *)&client->head->state, BLOCK_IDLE, BLOCK_DUMPING);
}

/* The client waits for the event and reads the rest then, so the event comes last. */
static void tell_client(struct client *client, const char report_id[UUID_TEXT_BYTES], enum status result)
{
    for (size_t i = 0; i < UUID_TEXT_BYTES; i++)
        client->head->report_id[i] = result == ST_OK ? report_id[i] : '\0';
    client->head->result = (uint32_t)result;
    InterlockedExchange((volatile LONG *)&client->head->state, result == ST_OK ? BLOCK_DONE : BLOCK_FAILED);
    SetEvent(client->done_event);
}

/* Whoever crashed goes as soon as its report is whole and in the queue: what the disk still has to do, which for a full dump takes seconds,
 * is no reason to keep it, and until then it is there for the next layer should the queue refuse. Who lives on is told of a report that is
 * durable. */
static enum status commit(struct dump_job *job, const char *record, size_t record_bytes, char **ret_name)
{
    struct spool_draft *draft = job->draft;
    enum spool_state state = job->policy->queue_state;
    enum status st;

    job->draft = NULL; /* freed either way */
    if (job->client->request != BLOCK_REQUEST_CRASH)
        return spool_draft_commit(draft, record, record_bytes, state, ret_name);
    st = spool_draft_publish(draft, record, record_bytes, state, ret_name);
    if (st)
        return st;
    tell_client(job->client, job->identity.id, ST_OK);
    job->is_told = true;
    st = spool_draft_settle(draft);
    if (st)
        log_warn("report-not-durable", "id=%s file=\"%s\" status=%s consequence=\"a power cut may damage it\"", job->identity.id, *ret_name,
                 status_name(st));
    return ST_OK;
}

static enum status queue_report(struct dump_job *job)
{
    size_t record_bytes = 0;
    char *record = NULL, *name = NULL;
    enum status st = take_record(job, &record, &record_bytes);

    if (st)
        return st;
    job->why = "the report cannot be put into the queue";
    st = end_file(job);
    if (!st)
        st = commit(job, record, record_bytes, &name);
    if (!st)
        event_log(EVENT_REPORT, "app=\"%s\" id=%s layer=%s pid=%u file=\"%s\" dump_bytes=%llu", job->identity.app, job->identity.id,
                  job->identity.layer, job->identity.pid, name, (unsigned long long)job->task->dump_bytes);
    free(name);
    free(record);
    return st;
}

enum status dump_job_run(const struct dump_policy *policy, struct client *client, uint32_t sequence)
{
    struct dump_job job = {.policy = policy, .client = client, .why = "out of memory"};
    uint64_t begin = clock_steady_ms();
    enum status st = write_identity(&job, sequence);

    if (!st) {
        job.why = "the queue takes no new report";
        st = spool_draft_create(policy->spool, &job.draft);
    }
    if (!st)
        st = write_dump(&job);
    if (!st)
        st = check_result(&job);
    if (!st)
        st = queue_report(&job);
    if (st)
        event_log(EVENT_DUMP_FAILED, "pid=%u app=\"%s\" status=%s reason=\"%s\"", client->peer.pid, client->peer.app, status_name(st),
                  job.why);
    else
        log_debug("dump-written", "id=%s ms=%llu", job.identity.id, (unsigned long long)(clock_steady_ms() - begin));
    release_target(&job);
    if (client->request == BLOCK_REQUEST_HANG)
        release_client(client);
    else if (!job.is_told)
        tell_client(client, job.identity.id, st);
    dumper_process_free(job.dumper);
    spool_draft_abandon(job.draft);
    return st;
}
