/* schema.c - see schema.h. Each version is a list of statements that are never edited once released; a change is a new version.
 *
 * Times are Unix milliseconds. Ids are UUIDv7 as text (time-ordered); the small numbers of projects and users stay inside. */
#include "store/schema.h"
#include <stdlib.h>

static const char *const VERSION_1[] = {
    "CREATE TABLE project (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created BIGINT NOT NULL)",

    /* Keys only let reports in, and are shown again on request: kept as they are. */
    "CREATE TABLE ingest_key (key TEXT PRIMARY KEY, project_id BIGINT NOT NULL REFERENCES project(id), created BIGINT NOT NULL)",
    "CREATE INDEX ingest_key_project ON ingest_key (project_id, created)",

    "CREATE TABLE account (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password_hash TEXT NOT NULL,"
    " created BIGINT NOT NULL)",
    "CREATE TABLE member (account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,"
    " project_id BIGINT NOT NULL REFERENCES project(id), PRIMARY KEY (account_id, project_id))",
    /* token: SHA-256 of what the cookie holds. */
    "CREATE TABLE session (token TEXT PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,"
    " created BIGINT NOT NULL, expires BIGINT NOT NULL)",

    "CREATE TABLE crash_group (id TEXT PRIMARY KEY, project_id BIGINT NOT NULL REFERENCES project(id), signature TEXT NOT NULL,"
    " title TEXT NOT NULL, tags TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, report_count BIGINT NOT NULL,"
    " first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, first_version TEXT NOT NULL, last_version TEXT NOT NULL,"
    " best_report TEXT, best_score BIGINT NOT NULL, UNIQUE (project_id, signature))",

    /* How a group's reports fall into versions, systems and layers. */
    "CREATE TABLE group_facet (group_id TEXT NOT NULL REFERENCES crash_group(id) ON DELETE CASCADE, facet TEXT NOT NULL, value TEXT NOT "
    "NULL,"
    " reports BIGINT NOT NULL, PRIMARY KEY (group_id, facet, value))",

    /* dedupe: what makes a second delivery the same report (a client's id, or the content's hash). */
    "CREATE TABLE report (id TEXT PRIMARY KEY, project_id BIGINT NOT NULL REFERENCES project(id), dedupe TEXT NOT NULL, client_id TEXT,"
    " group_id TEXT REFERENCES crash_group(id), state TEXT NOT NULL, received BIGINT NOT NULL, crash_time BIGINT NOT NULL,"
    " app TEXT NOT NULL, version TEXT NOT NULL, os TEXT NOT NULL, reason TEXT NOT NULL, layer TEXT NOT NULL, title TEXT NOT NULL,"
    " tags TEXT NOT NULL, error TEXT, dump_blob TEXT, dump_bytes BIGINT NOT NULL, dump_name TEXT NOT NULL,"
    " UNIQUE (project_id, dedupe))",
    "CREATE INDEX report_received ON report (project_id, received, id)",
    "CREATE INDEX report_crash_time ON report (project_id, crash_time, id)",
    "CREATE INDEX report_group ON report (group_id, received, id)",
    "CREATE INDEX report_group_crash_time ON report (group_id, crash_time, id)",
    "CREATE INDEX report_client ON report (client_id)",
    "CREATE INDEX report_blob ON report (dump_blob)",
    /* What lists never read: the form, the record and its annotations as JSON, the processed report as deflated JSON. */
    "CREATE TABLE report_body (report_id TEXT PRIMARY KEY REFERENCES report(id), fields TEXT NOT NULL, record TEXT NOT NULL,"
    " annotations TEXT NOT NULL)",
    "CREATE TABLE report_result (report_id TEXT PRIMARY KEY REFERENCES report(id), annotations TEXT NOT NULL, json_bytes BIGINT NOT NULL, "
    "json_deflated BYTEA NOT "
    "NULL)",
    "CREATE TABLE attachment (report_id TEXT NOT NULL REFERENCES report(id), position BIGINT NOT NULL, name TEXT NOT NULL,"
    " size_bytes BIGINT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (report_id, position))",
    "CREATE INDEX attachment_blob ON attachment (blob)",

    /* One row per report that waits for work (due: from when), is worked on (due: end of the lease), or was given up (due: never). */
    "CREATE TABLE job (report_id TEXT PRIMARY KEY REFERENCES report(id), due BIGINT NOT NULL, lease TEXT,"
    " attempts BIGINT NOT NULL, claims BIGINT NOT NULL, error TEXT)",
    "CREATE INDEX job_due ON job (due)",

    /* Counts for lists and charts, so that they never scan reports. span: 3600 or 86400; bucket: its start in Unix seconds, by the time
     * of receipt. A report without a group yet counts under group ''. */
    "CREATE TABLE rollup (project_id BIGINT NOT NULL REFERENCES project(id), span BIGINT NOT NULL, bucket BIGINT NOT NULL,"
    " group_id TEXT NOT NULL, version TEXT NOT NULL, reports BIGINT NOT NULL,"
    " PRIMARY KEY (project_id, span, bucket, group_id, version))",
    "CREATE INDEX rollup_group ON rollup (group_id, span, bucket)",
    NULL,
};

static const char *const VERSION_2[] = {
    /* Symbol files that a processed report lacked, each under its address in lower case; when one comes, the report is processed again. */
    "CREATE TABLE missing_symbol (name TEXT NOT NULL, id TEXT NOT NULL, report_id TEXT NOT NULL REFERENCES report(id),"
    " PRIMARY KEY (name, id, report_id))",
    "CREATE INDEX missing_symbol_report ON missing_symbol (report_id)",

    /* What reports of a group were signed as before symbols came: another of that signature belongs to the group too. */
    "CREATE TABLE group_alias (project_id BIGINT NOT NULL REFERENCES project(id), signature TEXT NOT NULL,"
    " group_id TEXT NOT NULL REFERENCES crash_group(id) ON DELETE CASCADE, PRIMARY KEY (project_id, signature))",
    "CREATE INDEX group_alias_group ON group_alias (group_id)",

    /* token: SHA-256 of what debuggers send to read symbols. */
    "CREATE TABLE symbol_token (token TEXT PRIMARY KEY, created BIGINT NOT NULL)",
    NULL,
};

static const char *const VERSION_3[] = {
    /* A count-only report stands for so many crashes without a dump; 0: an ordinary report. alike: the client's id of a report whose group
     * it belongs to. Groups and roll-ups keep these crashes beside the reports. */
    "ALTER TABLE report ADD COLUMN counted BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE report ADD COLUMN alike TEXT",
    "CREATE INDEX report_alike ON report (project_id, alike)",
    "ALTER TABLE crash_group ADD COLUMN counted BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE rollup ADD COLUMN counted BIGINT NOT NULL DEFAULT 0",
    NULL,
};

static const char *const VERSION_4[] = {
    /* Until when a symbol file is not asked for again upstream. */
    "CREATE TABLE symbol_fetch (name TEXT NOT NULL, id TEXT NOT NULL, holds_until BIGINT NOT NULL, PRIMARY KEY (name, id))",
    NULL,
};

static const char *const VERSION_5[] = {
    /* What is no crash: comments (about: the client's id of the report) and counts of sessions. */
    "CREATE TABLE note (project_id BIGINT NOT NULL REFERENCES project(id), id TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,"
    " app TEXT NOT NULL, version TEXT NOT NULL, received BIGINT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (project_id, id))",
    "CREATE INDEX note_about ON note (project_id, about)",
    "CREATE INDEX note_kind ON note (project_id, kind, received)",
    NULL,
};

static const char *const VERSION_6[] = {
    /* What a key lets in: 'reports', 'symbols' or 'both'. */
    "ALTER TABLE ingest_key ADD COLUMN scope TEXT NOT NULL DEFAULT 'both'",
    NULL,
};

static const char *const VERSION_7[] = {
    /* SHA-1 of symbol files that came in chunks, and where they stand: "name/id/file". */
    "CREATE TABLE symbol_sum (sum TEXT PRIMARY KEY, path TEXT NOT NULL)",
    "CREATE INDEX symbol_sum_path ON symbol_sum (path)",
    NULL,
};

static const char *const *const VERSIONS[] = {VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6, VERSION_7};
#define NEWEST_VERSION ((int64_t)(sizeof VERSIONS / sizeof *VERSIONS))

static enum status current_version(struct db_tx *tx, int64_t *ret)
{
    enum status status = db_exec_plain(tx, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)");
    if (status)
        return status;
    struct db_query *query = NULL;
    status = db_select_row_values(tx, &query, "SELECT max(version) FROM schema_version", NULL, 0);
    if (status)
        return status;
    *ret = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}

static enum status upgrade(struct db_tx *tx, int64_t version)
{
    for (const char *const *sql = VERSIONS[version - 1]; *sql; sql++) {
        enum status status = db_exec_plain(tx, *sql);
        if (status)
            return status;
    }
    return db_exec(tx, "INSERT INTO schema_version (version) VALUES (?1)", db_int(version));
}

enum status schema_apply(struct db *db)
{
    struct db_tx *tx = NULL;
    int64_t version = 0;
    enum status status = db_begin(db, DB_WRITE, &tx);
    if (status)
        return status;
    status = current_version(tx, &version);
    if (!status && version > NEWEST_VERSION)
        status = ST_VERSION;
    while (!status && version < NEWEST_VERSION)
        status = upgrade(tx, ++version);
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}
