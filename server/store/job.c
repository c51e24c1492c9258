/* job.c - see job.h. */
#include "store/job.h"
#include "base/text.h"

enum status job_add(struct db_tx *tx, const char *report_id, int64_t now_ms)
{
    return db_exec(
        tx,
        "INSERT INTO job (report_id, due, lease, attempts, claims, error) VALUES (?1, ?2, NULL, 0, 0, NULL) ON CONFLICT (report_id)"
        " DO UPDATE SET due = excluded.due, lease = NULL, attempts = 0, claims = 0, error = NULL",
        db_text(report_id), db_int(now_ms));
}

static enum status claim_in(struct db_tx *tx, int64_t now_ms, int64_t lease_ms, struct job *ret)
{
    struct db_query *query = NULL;
    struct job job;
    id_secret(job.lease);
    enum status status =
        db_select_row(tx, &query,
                      "UPDATE job SET due = ?1, lease = ?2, claims = claims + 1 WHERE report_id ="
                      " (SELECT report_id FROM job WHERE due <= ?3 ORDER BY due LIMIT 1) RETURNING report_id, attempts, claims",
                      db_int(now_ms + lease_ms), db_text(job.lease), db_int(now_ms));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    text_copy(job.report_id, sizeof job.report_id, db_get_text(query, 0));
    job.attempts = db_get_int(query, 1);
    job.claims = db_get_int(query, 2);
    db_finish(query);
    *ret = job;
    return ST_OK;
}

/* An idle server looks often: a look without the write lock comes first. */
static enum status look(struct db *db, int64_t now_ms)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return status;
    status = db_select_row(tx, &query, "SELECT 1 FROM job WHERE due <= ?1 LIMIT 1", db_int(now_ms));
    db_finish(query);
    db_rollback(tx);
    return status == ST_END ? ST_NOT_FOUND : status;
}

enum status job_claim(struct db *db, int64_t now_ms, int64_t lease_ms, struct job *ret)
{
    struct db_tx *tx = NULL;
    enum status status = look(db, now_ms);
    if (!status)
        status = db_begin(db, DB_WRITE, &tx);
    if (status)
        return status;
    status = claim_in(tx, now_ms, lease_ms, ret);
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}

enum status job_release_all(struct db *db, int64_t now_ms)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(db, DB_WRITE, &tx);
    if (status)
        return status;
    status = db_exec(tx, "UPDATE job SET due = ?1, lease = NULL WHERE lease IS NOT NULL", db_int(now_ms));
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}

enum status job_done(struct db_tx *tx, const struct job *job)
{
    enum status status = db_exec(tx, "DELETE FROM job WHERE report_id = ?1 AND lease = ?2", db_text(job->report_id), db_text(job->lease));
    if (!status && db_changed(tx) == 0)
        status = ST_NOT_FOUND;
    return status;
}

enum status job_fail(struct db_tx *tx, const struct job *job, int64_t due_ms, const char *error)
{
    enum status status =
        db_exec(tx, "UPDATE job SET due = ?3, lease = NULL, attempts = attempts + 1, error = ?4 WHERE report_id = ?1 AND lease = ?2",
                db_text(job->report_id), db_text(job->lease), db_int(due_ms), db_text(error));
    if (!status && db_changed(tx) == 0)
        status = ST_NOT_FOUND;
    return status;
}

enum status job_count(struct db_tx *tx, int64_t *ret_queued, int64_t *ret_dead)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(
        tx, &query, "SELECT (SELECT count(*) FROM job WHERE due < ?1), (SELECT count(*) FROM job WHERE due = ?1)", db_int(JOB_NEVER));
    if (status)
        return status;
    *ret_queued = db_get_int(query, 0);
    *ret_dead = db_get_int(query, 1);
    db_finish(query);
    return ST_OK;
}
