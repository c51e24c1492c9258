/* jobs.c - see jobs.h. Whatever a report does to its child, its job ends as done, put off, or given up with one sentence. */
#include "jobs/jobs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "jobs/no_dump.h"
#include "jobs/result.h"
#include "jobs/rules.h"
#include "process/client.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS     32
#define LOOK_EVERY_MS   2000  /* finds what another process has queued, and leases that ended */
#define PAUSE_MS        1000  /* when the database could not be asked */
#define LEASE_MARGIN_MS 30000 /* beyond the child's time limit: for storing */
#define RETRY_AFTER_MS  10000
#define MAX_PATH_BYTES  8192
#define MAX_ERROR_BYTES 1024

struct worker {
    struct jobs *jobs;
    struct thread *thread;
    struct event *wake;
    struct process_client *client;
};

struct jobs {
    struct jobs_options options;
    struct worker workers[MAX_THREADS];
    atomic_bool stopping;
};

/* One report on its way through a worker. */
struct task {
    struct worker *worker;
    struct job job;
    struct buffer path, rules, json, error; /* rules: a file, "" = the project has none of its own */
};

/* -- storing -- */

static enum status end_transaction(struct db_tx *tx, enum status status)
{
    if (!status)
        return db_commit(tx);
    db_rollback(tx);
    return status;
}

/* Whether a file that processing did not find has come in the meantime: then nobody else wakes the report. */
static bool has_come(const struct depot *depot, const struct report_result *facts)
{
    for (size_t i = 0; depot && i < facts->wanted_count; i++)
        if (!facts->wanted[i].is_found && depot_has_any(depot, facts->wanted[i].name, facts->wanted[i].id))
            return true;
    return false;
}

static enum status store_in(struct db_tx *tx, const struct task *task, const struct report_result *facts)
{
    enum status status = report_store_result(tx, &task->job, facts);
    if (!status && has_come(task->worker->jobs->options.depot, facts))
        status = job_add(tx, task->job.report_id, clock_unix_ms());
    return status;
}

static enum status store_result(struct task *task, const struct result *result)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(task->worker->jobs->options.store->db, DB_WRITE, &tx);
    return status ? status : end_transaction(tx, store_in(tx, task, result_facts(result)));
}

static enum status store_failure(struct task *task, const char *error)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(task->worker->jobs->options.store->db, DB_WRITE, &tx);
    return status ? status : end_transaction(tx, report_store_failure(tx, &task->job, error));
}

static enum status put_off(struct task *task, const char *error)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(task->worker->jobs->options.store->db, DB_WRITE, &tx);
    int64_t due_ms = clock_unix_ms() + RETRY_AFTER_MS;
    return status ? status : end_transaction(tx, job_fail(tx, &task->job, due_ms, error));
}

/* -- one report -- */

static enum status find_rules(struct task *task, int64_t project_id)
{
    struct file_info info;
    enum status status = rules_path(task->worker->jobs->options.data_dir, project_id, &task->rules);
    if (!status && file_stat(buffer_text(&task->rules), &info))
        buffer_reset(&task->rules);
    return status;
}

/* The dump's path, and whether there is one at all. ST_NOT_FOUND: a report without a dump. */
static enum status find_dump(struct task *task)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    struct store *store = task->worker->jobs->options.store;
    enum status status = db_begin(store->db, DB_READ, &tx);
    if (status)
        return status;
    status = db_select_row(tx, &query, "SELECT dump_blob, project_id FROM report WHERE id = ?1", db_text(task->job.report_id));
    if (!status)
        status = db_is_null(query, 0) ? ST_NOT_FOUND : blob_path(store->blobs, db_get_text(query, 0), &task->path);
    if (!status)
        status = find_rules(task, db_get_int(query, 1));
    db_finish(query);
    db_rollback(tx);
    return status;
}

/* Whether another try may end better: not for a file that is no dump, nor when the tries are used up. */
static bool is_final(const struct task *task, enum status status)
{
    return status == ST_FORMAT || status == ST_VERSION || task->job.attempts + 1 >= JOB_MAX_ATTEMPTS || task->job.claims > JOB_MAX_CLAIMS;
}

static void finish_badly(struct task *task, enum status status, const char *fallback)
{
    const char *error = task->error.len ? buffer_text(&task->error) : fallback;
    bool final = is_final(task, status);
    enum status stored = final ? store_failure(task, error) : put_off(task, error);
    log_warn("report-not-processed", "id=%s attempt=%lld final=%s status=%s error=\"%s\"", task->job.report_id,
             (long long)task->job.attempts + 1, final ? "yes" : "no", status_name(status), error);
    if (stored && stored != ST_NOT_FOUND)
        log_error("job-not-stored", "id=%s error=\"%s\"", task->job.report_id, status_text(stored));
}

/* The child may not write: what it compiled is compiled again, for the next report. */
static void tell_tables(const struct task *task, const struct result *result)
{
    struct tables *tables = task->worker->jobs->options.tables;
    const struct table_use *use;
    for (size_t i = 0; tables && (use = result_table(result, i)) != NULL; i++)
        tables_used(tables, use);
}

static void finish_well(struct task *task, uint64_t started_ms)
{
    struct result *result = NULL;
    enum status status = result_create(&result, buffer_text(&task->json), task->json.len);
    if (status) {
        finish_badly(task, status, "The processed report could not be read.");
        return;
    }
    tell_tables(task, result);
    status = store_result(task, result);
    if (status == ST_NOT_FOUND)
        log_info("report-superseded", "id=%s", task->job.report_id);
    else if (status)
        finish_badly(task, status, "The processed report could not be stored.");
    else
        log_info("report-processed", "id=%s took_ms=%llu json_bytes=%zu title=\"%s\"", task->job.report_id,
                 (unsigned long long)(clock_steady_ms() - started_ms), task->json.len, result_facts(result)->title);
    result_free(result);
}

static void process_dump(struct task *task)
{
    struct worker *worker = task->worker;
    uint64_t started_ms = clock_steady_ms();
    enum status status = process_client_run(worker->client, buffer_text(&task->path), task->rules.len ? buffer_text(&task->rules) : NULL,
                                            worker->jobs->options.timeout_ms, &task->json, &task->error);
    if (status)
        finish_badly(task, status, "The dump could not be processed.");
    else
        finish_well(task, started_ms);
}

static void process_record(struct task *task)
{
    enum status status = no_dump_result(task->worker->jobs->options.store->db, task->job.report_id, &task->json);
    if (status)
        finish_badly(task, status, "The report's record could not be read.");
    else
        finish_well(task, clock_steady_ms());
}

static void work(struct task *task)
{
    enum status status = task->job.claims > JOB_MAX_CLAIMS ? ST_STATE : find_dump(task);
    if (status == ST_STATE)
        finish_badly(task, status, "Processing was begun many times and never came to an end.");
    else if (status == ST_NOT_FOUND)
        process_record(task);
    else if (status)
        finish_badly(task, status, "The stored dump could not be found.");
    else
        process_dump(task);
}

/* -- the threads -- */

static enum status work_on_next(struct worker *worker)
{
    struct task task = {.worker = worker};
    int64_t lease_ms = (int64_t)worker->jobs->options.timeout_ms + LEASE_MARGIN_MS;
    enum status status = job_claim(worker->jobs->options.store->db, clock_unix_ms(), lease_ms, &task.job);
    if (status)
        return status;
    buffer_init(&task.path, MAX_PATH_BYTES);
    buffer_init(&task.rules, MAX_PATH_BYTES);
    buffer_init(&task.json, PROCESS_MAX_JSON_BYTES);
    buffer_init(&task.error, MAX_ERROR_BYTES);
    work(&task);
    buffer_done(&task.error);
    buffer_done(&task.json);
    buffer_done(&task.rules);
    buffer_done(&task.path);
    return ST_OK;
}

static void run_worker(void *context)
{
    struct worker *worker = context;
    while (!atomic_load(&worker->jobs->stopping)) {
        enum status status = work_on_next(worker);
        if (status == ST_NOT_FOUND) {
            event_wait(worker->wake, LOOK_EVERY_MS);
        } else if (status) {
            log_error("queue-failed", "error=\"%s\"", status_text(status));
            event_wait(worker->wake, PAUSE_MS);
        }
    }
}

static enum status start_worker(struct jobs *jobs, struct worker *worker)
{
    worker->jobs = jobs;
    enum status status = event_create(&worker->wake);
    if (!status)
        status = process_client_create(&worker->client, &jobs->options.process);
    return status ? status : thread_start(&worker->thread, run_worker, worker);
}

enum status jobs_start(struct jobs **ret, const struct jobs_options *options)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs)
        return ST_MEMORY;
    jobs->options = *options;
    if (jobs->options.threads > MAX_THREADS)
        jobs->options.threads = MAX_THREADS;
    enum status status = job_release_all(options->store->db, clock_unix_ms());
    for (unsigned i = 0; i < jobs->options.threads && !status; i++)
        status = start_worker(jobs, &jobs->workers[i]);
    if (status) {
        jobs_stop(jobs);
        return status;
    }
    *ret = jobs;
    return ST_OK;
}

void jobs_wake(struct jobs *jobs)
{
    for (unsigned i = 0; i < jobs->options.threads; i++)
        event_set(jobs->workers[i].wake);
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    atomic_store(&jobs->stopping, true);
    for (unsigned i = 0; i < jobs->options.threads; i++)
        if (jobs->workers[i].wake)
            event_set(jobs->workers[i].wake);
    for (unsigned i = 0; i < jobs->options.threads; i++) {
        thread_join(jobs->workers[i].thread);
        process_client_free(jobs->workers[i].client);
        event_free(jobs->workers[i].wake);
    }
    free(jobs);
}
