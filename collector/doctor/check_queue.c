/* check_queue.c - our own programs and folders, and what waits in the queue. */
#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "spool/spool.h"
#include <stdlib.h>

#define STALE_MS (24LL * 3600 * 1000)

void check_programs(struct doctor *doctor)
{
    const char *program = doctor->settings->upload_program;
    struct file_info info;

    if (file_stat(program, &info) == ST_OK && !info.is_folder) {
        findings_add(&doctor->findings, FINDING_OK, "programs", NULL, "the uploader is there: %s", program);
        return;
    }
    findings_add(&doctor->findings, FINDING_ERROR, "programs", "reports are sent by this program; without it they wait on this machine",
                 "the uploader %s is missing", program);
    findings_remedy(&doctor->findings, "put salvor-upload beside salvor-collector, or name it with --upload-program");
}

static void check_folder(struct doctor *doctor, const char *what, const char *path, const char *why)
{
    struct file_info info;
    enum status st = file_stat(path, &info);

    if (st == ST_OK && info.is_folder) {
        findings_add(&doctor->findings, FINDING_OK, "folders", NULL, "%s is there: %s", what, path);
    } else if (st == ST_ACCESS) {
        findings_add(&doctor->findings, FINDING_WARNING, "folders", "what is in it cannot be judged", "%s %s may not be looked at", what,
                     path);
        findings_remedy(&doctor->findings, "run doctor as an administrator");
    } else {
        findings_add(&doctor->findings, FINDING_ERROR, "folders", why, "%s %s %s", what, path,
                     st == ST_OK ? "is no folder" : "does not exist");
        findings_remedy(&doctor->findings, "start the collector, which makes it (the service, or 'salvor-collector run')");
    }
}

void check_folders(struct doctor *doctor)
{
    check_folder(doctor, "the queue", doctor->queue, "the collector has not run here with this data folder");
    check_folder(doctor, "the inbox", doctor->inbox, "the WER module leaves its reports there");
    for (size_t i = 0; i < doctor->settings->dumps.count; i++)
        check_folder(doctor, "the dump folder", doctor->settings->dumps.items[i],
                     "Windows leaves its dumps there and the collector watches it");
}

struct waiting {
    size_t count;
    int64_t oldest_ms;
};

static enum status count_state(struct spool *spool, enum spool_state state, struct waiting *waiting)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status st = spool_list(spool, state, &entries, &count);

    if (st)
        return st;
    for (size_t i = 0; i < count; i++)
        if (!waiting->oldest_ms || entries[i].modified_unix_ms < waiting->oldest_ms)
            waiting->oldest_ms = entries[i].modified_unix_ms;
    waiting->count += count;
    spool_list_free(entries, count);
    return ST_OK;
}

static void judge_waiting(struct doctor *doctor, const struct waiting *waiting)
{
    char since[25];

    if (waiting->count == 0) {
        findings_add(&doctor->findings, FINDING_OK, "queue", NULL, "no report waits");
        return;
    }
    clock_format_utc(since, waiting->oldest_ms);
    if (!doctor->settings->url || clock_unix_ms() - waiting->oldest_ms < STALE_MS) {
        findings_add(&doctor->findings, FINDING_NOTE, "queue", NULL, "%zu reports wait, the oldest since %s", waiting->count, since);
        return;
    }
    findings_add(&doctor->findings, FINDING_WARNING, "queue", "they are on this machine only",
                 "%zu reports wait, the oldest for more than a day, since %s", waiting->count, since);
    findings_remedy(&doctor->findings, "see what the collector's log says about uploads, and the finding about the server");
}

static void judge_failed(struct doctor *doctor, size_t count)
{
    if (count == 0)
        return;
    findings_add(&doctor->findings, FINDING_WARNING, "queue", "the server refused them for good, or they were damaged",
                 "%zu reports have failed", count);
    findings_remedy(&doctor->findings, "history/<report id>.log in %s says why", doctor->queue);
}

void check_queue(struct doctor *doctor)
{
    struct waiting waiting = {0}, failed = {0};
    struct file_info info;
    struct spool *spool = NULL;
    enum status st;

    if (file_stat(doctor->queue, &info) != ST_OK)
        return; /* check_folders has said so, and spool_open would make one */
    st = spool_open(&spool, doctor->queue);
    for (int state = SPOOL_NEW; !st && state <= SPOOL_UPLOADING; state++)
        st = count_state(spool, (enum spool_state)state, &waiting);
    if (!st)
        st = count_state(spool, SPOOL_FAILED, &failed);
    spool_close(spool);
    if (st) {
        findings_add(&doctor->findings, FINDING_WARNING, "queue", NULL, "the queue %s cannot be read: %s", doctor->queue, status_text(st));
        findings_remedy(&doctor->findings, "run doctor as an administrator, or as the user that the collector runs as");
        return;
    }
    judge_waiting(doctor, &waiting);
    judge_failed(doctor, failed.count);
}
