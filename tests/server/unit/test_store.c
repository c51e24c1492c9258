/* test_store.c - reports, groups, roll-ups and jobs on a real database. */
#include "store/job.h"
#include "store/project.h"
#include "store/report.h"
#include "store/rollup.h"
#include "store/store.h"
#include "unit/unit.h"

#define NOW      1790000000000LL
#define LEASE_MS 1000

struct fixture {
    char *dir;
    struct store store;
    int64_t project;
};

static int open_store(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char key[ID_SECRET_BYTES];
    struct db_tx *tx = NULL;
    void *dir = NULL;
    if (!fixture || scratch_setup(&dir) || store_open(&fixture->store, dir, true) || db_begin(fixture->store.db, DB_WRITE, &tx))
        return -1;
    fixture->dir = dir;
    if (project_add(tx, "p", NOW, key) || project_find(tx, "p", &fixture->project) || db_commit(tx))
        return -1;
    *state = fixture;
    return 0;
}

static int close_store(void **state)
{
    struct fixture *fixture = *state;
    void *dir = fixture->dir;
    store_close(&fixture->store);
    free(fixture);
    return scratch_teardown(&dir);
}

/* -- short words for what happens to a report -- */

static enum report_outcome deliver(struct fixture *fixture, const char *dedupe, const char *version, unsigned bytes, int64_t now_ms,
                                   char ret_id[UUID_TEXT_BYTES])
{
    struct db_tx *tx = NULL;
    enum report_outcome outcome = REPORT_NEW;
    struct report_leftovers leftovers;
    struct report_delivery delivery = {
        .project_id = fixture->project,
        .received_ms = now_ms,
        .crash_time_ms = now_ms,
        .dedupe = dedupe,
        .app = "a",
        .version = version,
        .layer = "",
        .dump_name = "",
        .fields_json = "{}",
        .record_json = "{}",
        .annotations_json = "{}",
        .dump_bytes = bytes,
    };
    if (bytes)
        snprintf(delivery.dump_blob, sizeof delivery.dump_blob, "%064u", bytes);
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(report_deliver(tx, &delivery, ret_id, &outcome, &leftovers), ST_OK);
    assert_status(db_commit(tx), ST_OK);
    return outcome;
}

static const struct symbol_wanted APP_PDB = {"app.pdb", "1f", false};

static enum status store_result(struct fixture *fixture, const struct job *job, const char *signature, int64_t score)
{
    struct db_tx *tx = NULL;
    struct report_result result = {.wanted = &APP_PDB,
                                   .wanted_count = 1,
                                   .app = "",
                                   .version = "9",
                                   .layer = "monitor",
                                   .os = signature,
                                   .reason = "r",
                                   .title = signature,
                                   .tags = "[]",
                                   .annotations_json = "{}",
                                   .signature = signature,
                                   .score = score,
                                   .json_deflated = "x",
                                   .json_bytes = 1,
                                   .json_deflated_bytes = 1};
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    enum status status = report_store_result(tx, job, &result);
    if (status)
        db_rollback(tx);
    else
        assert_status(db_commit(tx), ST_OK);
    return status;
}

static int64_t number(struct fixture *fixture, const char *sql)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    assert_status(db_begin(fixture->store.db, DB_READ, &tx), ST_OK);
    assert_status(db_select_row_values(tx, &query, sql, NULL, 0), ST_OK);
    int64_t value = db_get_int(query, 0);
    db_finish(query);
    db_rollback(tx);
    return value;
}

static void process(struct fixture *fixture, int64_t now_ms, const char *signature)
{
    struct job job;
    assert_status(job_claim(fixture->store.db, now_ms, LEASE_MS, &job), ST_OK);
    assert_status(store_result(fixture, &job, signature, 0), ST_OK);
}

/* -- jobs -- */

static void job_when_claimed_then_nobody_else_gets_it_until_the_lease_ends(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    struct job first, second;
    deliver(fixture, "k", "1", 10, NOW, id);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &first), ST_OK);
    assert_string_equal(first.report_id, id);
    assert_int_equal(first.claims, 1);
    assert_status(job_claim(fixture->store.db, NOW + LEASE_MS - 1, LEASE_MS, &second), ST_NOT_FOUND);
    assert_status(job_claim(fixture->store.db, NOW + LEASE_MS, LEASE_MS, &second), ST_OK);
    assert_int_equal(second.claims, 2);
    assert_status(store_result(fixture, &first, "late", 0), ST_NOT_FOUND);
    assert_status(store_result(fixture, &second, "s", 0), ST_OK);
    assert_status(job_claim(fixture->store.db, NOW + 10 * LEASE_MS, LEASE_MS, &second), ST_NOT_FOUND);
}

static void job_when_put_off_then_due_again_later_and_counted(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    struct job job;
    struct db_tx *tx = NULL;
    deliver(fixture, "k", "1", 10, NOW, id);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &job), ST_OK);
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(job_fail(tx, &job, NOW + 500, "e"), ST_OK);
    assert_status(job_fail(tx, &job, NOW + 500, "e"), ST_NOT_FOUND);
    assert_status(db_commit(tx), ST_OK);
    assert_status(job_claim(fixture->store.db, NOW + 499, LEASE_MS, &job), ST_NOT_FOUND);
    assert_status(job_claim(fixture->store.db, NOW + 500, LEASE_MS, &job), ST_OK);
    assert_int_equal(job.attempts, 1);
}

static void job_when_given_up_then_a_dead_letter_until_a_richer_delivery(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    struct job job;
    struct db_tx *tx = NULL;
    int64_t queued = -1, dead = -1;
    deliver(fixture, "k", "1", 10, NOW, id);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &job), ST_OK);
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(report_store_failure(tx, &job, "It cannot be read."), ST_OK);
    assert_status(job_count(tx, &queued, &dead), ST_OK);
    assert_status(db_commit(tx), ST_OK);
    assert_int_equal(queued, 0);
    assert_int_equal(dead, 1);
    assert_status(job_claim(fixture->store.db, NOW + 1000 * LEASE_MS, LEASE_MS, &job), ST_NOT_FOUND);
    assert_int_equal(deliver(fixture, "k", "1", 20, NOW + 1, id), REPORT_REPLACED);
    assert_status(job_claim(fixture->store.db, NOW + 1, LEASE_MS, &job), ST_OK);
    assert_int_equal(job.attempts, 0);
}

static void job_when_the_server_starts_anew_then_leases_are_given_back(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    struct job job;
    deliver(fixture, "k", "1", 10, NOW, id);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &job), ST_OK);
    assert_status(job_release_all(fixture->store.db, NOW), ST_OK);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &job), ST_OK);
    assert_int_equal(job.attempts, 0);
}

/* -- reports -- */

static void report_when_replaced_while_it_is_worked_on_then_the_old_result_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES], again[UUID_TEXT_BYTES];
    struct job job;
    deliver(fixture, "k", "1", 10, NOW, id);
    assert_status(job_claim(fixture->store.db, NOW, LEASE_MS, &job), ST_OK);
    assert_int_equal(deliver(fixture, "k", "1", 20, NOW + 1, again), REPORT_REPLACED);
    assert_string_equal(id, again);
    assert_status(store_result(fixture, &job, "old", 0), ST_NOT_FOUND);
    process(fixture, NOW + 2, "new");
    assert_int_equal(number(fixture, "SELECT count(*) FROM crash_group WHERE title = 'new' AND report_count = 1"), 1);
    assert_int_equal(number(fixture, "SELECT count(*) FROM crash_group"), 1);
}

static void report_when_no_richer_then_nothing_changes(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES], again[UUID_TEXT_BYTES];
    deliver(fixture, "k", "1", 10, NOW, id);
    process(fixture, NOW, "s");
    assert_int_equal(deliver(fixture, "k", "2", 10, NOW, again), REPORT_REPEATED);
    assert_int_equal(deliver(fixture, "k", "2", 9, NOW, again), REPORT_REPEATED);
    assert_int_equal(deliver(fixture, "k", "2", 0, NOW, again), REPORT_REPEATED);
    assert_string_equal(id, again);
    assert_int_equal(number(fixture, "SELECT count(*) FROM report WHERE version = '1' AND state = 'processed'"), 1);
}

static void group_when_scores_differ_then_the_best_report_is_the_highest_and_of_equals_the_newest(void **state)
{
    struct fixture *fixture = *state;
    static const int SCORES[] = {3, 5, 5, 1};
    char ids[COUNT_OF(SCORES)][UUID_TEXT_BYTES];
    struct job job;
    for (size_t i = 0; i < COUNT_OF(SCORES); i++) {
        char key[8];
        snprintf(key, sizeof key, "k%zu", i);
        deliver(fixture, key, "1", 10, NOW + (int64_t)i, ids[i]);
        assert_status(job_claim(fixture->store.db, NOW + (int64_t)i, LEASE_MS, &job), ST_OK);
        assert_status(store_result(fixture, &job, "s", SCORES[i]), ST_OK);
    }
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM crash_group WHERE best_report = '%s'", ids[2]);
    assert_int_equal(number(fixture, sql), 1);
}

/* -- counts -- */

/* What roll-ups, groups and facets say must be what counting the reports says. */
static void check_counts(struct fixture *fixture)
{
    static const char *const DIFFERENCES[] = {
        "SELECT count(*) FROM (SELECT coalesce(group_id, '') AS g, version AS v, received / 86400000 * 86400 AS b, count(*) AS n FROM "
        "report"
        " GROUP BY 1, 2, 3 EXCEPT SELECT group_id, version, bucket, reports FROM rollup WHERE span = 86400)",
        "SELECT count(*) FROM (SELECT group_id, version, bucket, reports FROM rollup WHERE span = 3600 EXCEPT"
        " SELECT coalesce(group_id, ''), version, received / 3600000 * 3600, count(*) FROM report GROUP BY 1, 2, 3)",
        "SELECT (SELECT coalesce(sum(reports), 0) FROM rollup WHERE span = 86400) - (SELECT count(*) FROM report)",
        "SELECT (SELECT coalesce(sum(reports), 0) FROM rollup WHERE span = 3600) - (SELECT count(*) FROM report)",
        "SELECT count(*) FROM crash_group g WHERE report_count <> (SELECT count(*) FROM report WHERE group_id = g.id)",
        "SELECT count(*) FROM crash_group g WHERE first_seen <> (SELECT min(received) FROM report WHERE group_id = g.id)"
        " OR last_seen <> (SELECT max(received) FROM report WHERE group_id = g.id)",
        "SELECT count(*) FROM crash_group g WHERE NOT EXISTS (SELECT 1 FROM report WHERE id = g.best_report AND group_id = g.id)",
        "SELECT count(*) FROM (SELECT group_id, 'version', version, count(*) FROM report WHERE group_id IS NOT NULL GROUP BY 1, 2, 3 EXCEPT"
        " SELECT group_id, facet, value, reports FROM group_facet)",
        "SELECT count(*) FROM (SELECT group_id, facet, value, reports FROM group_facet EXCEPT"
        " SELECT group_id, 'version', version, count(*) FROM report WHERE group_id IS NOT NULL GROUP BY 1, 2, 3 EXCEPT"
        " SELECT group_id, 'os', os, count(*) FROM report WHERE group_id IS NOT NULL GROUP BY 1, 2, 3 EXCEPT"
        " SELECT group_id, 'layer', layer, count(*) FROM report WHERE group_id IS NOT NULL GROUP BY 1, 2, 3)",
    };
    for (size_t i = 0; i < COUNT_OF(DIFFERENCES); i++)
        assert_int_equal(number(fixture, DIFFERENCES[i]), 0);
}

static void counts_when_reports_come_are_replaced_and_processed_in_any_order_then_they_stay_exact(void **state)
{
    struct fixture *fixture = *state;
    uint32_t random = 12345;
    for (unsigned step = 0; step < 1500; step++) {
        char id[UUID_TEXT_BYTES], key[16], version[16], signature[16];
        struct job job;
        random = random * 1664525 + 1013904223;
        unsigned dice = random >> 16;
        int64_t now_ms = NOW + (int64_t)step * 7 * 60 * 1000; /* a week in all */
        snprintf(key, sizeof key, "k%u", dice % 97);
        snprintf(version, sizeof version, "%s", dice % 5 ? (dice % 2 ? "1" : "2") : "");
        snprintf(signature, sizeof signature, "s%u", dice / 7 % 6);
        if (dice % 2)
            deliver(fixture, key, version, dice % 50, now_ms, id);
        else if (job_claim(fixture->store.db, now_ms, LEASE_MS, &job) == ST_OK)
            assert_status(store_result(fixture, &job, signature, dice % 4), ST_OK);
        if (step % 100 == 99)
            check_counts(fixture);
    }
    assert_true(number(fixture, "SELECT count(*) FROM report WHERE state = 'processed'") > 10);
    assert_true(number(fixture, "SELECT count(*) FROM crash_group") > 3);
}

/* -- the folder -- */

static void store_when_opened_twice_for_serving_then_busy_and_for_commands_ok(void **state)
{
    struct fixture *fixture = *state;
    struct store second = STORE_CLOSED;
    assert_status(store_open(&second, fixture->dir, true), ST_BUSY);
    assert_status(store_open(&second, fixture->dir, false), ST_OK);
    store_close(&second);
}

static void schema_when_the_database_is_newer_then_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store second = STORE_CLOSED;
    struct db_tx *tx = NULL;
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(db_exec(tx, "INSERT INTO schema_version (version) VALUES (?1)", db_int(1000)), ST_OK);
    assert_status(db_commit(tx), ST_OK);
    assert_status(store_open(&second, fixture->dir, false), ST_VERSION);
}

static void db_when_rolled_back_then_nothing_remains(void **state)
{
    struct fixture *fixture = *state;
    struct db_tx *tx = NULL;
    char key[ID_SECRET_BYTES];
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(project_add(tx, "q", NOW, key), ST_OK);
    assert_status(project_add(tx, "q", NOW, key), ST_EXISTS);
    db_rollback(tx);
    assert_int_equal(number(fixture, "SELECT count(*) FROM project"), 1);
}

static void id_when_many_are_made_then_each_is_greater_than_the_one_before(void **state)
{
    char before[UUID_TEXT_BYTES], id[UUID_TEXT_BYTES];
    (void)state;
    id_new(before);
    for (int i = 0; i < 20000; i++) {
        id_new(id);
        assert_true(strcmp(before, id) < 0);
        assert_int_equal(id[14], '7');
        memcpy(before, id, sizeof id);
    }
}

static int64_t bring(struct fixture *fixture, const char *name, const char *id)
{
    struct db_tx *tx = NULL;
    int64_t reports = -1;
    assert_status(db_begin(fixture->store.db, DB_WRITE, &tx), ST_OK);
    assert_status(symbol_arrived(tx, &(struct symbol_wanted){name, id, false}, NOW, &reports), ST_OK);
    assert_status(db_commit(tx), ST_OK);
    return reports;
}

static void symbol_when_it_arrives_then_exactly_the_reports_that_wait_for_it_are_due(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    deliver(fixture, "1", "1", 10, NOW, id);
    deliver(fixture, "2", "1", 11, NOW, id);
    process(fixture, NOW, "x!+0x1");
    process(fixture, NOW, "x!+0x1");
    assert_int_equal(number(fixture, "SELECT count(*) FROM job"), 0);
    assert_int_equal(bring(fixture, "other.pdb", "1f"), 0);
    assert_int_equal(bring(fixture, "app.pdb", "20"), 0);
    assert_int_equal(bring(fixture, "app.pdb", "1f"), 2);
    assert_int_equal(number(fixture, "SELECT count(*) FROM job WHERE due <= 1790000000000"), 2);
    assert_int_equal(bring(fixture, "app.pdb", "1f"), 0);
}

static void group_when_symbols_rename_its_reports_then_the_old_signature_leads_to_the_new_group(void **state)
{
    struct fixture *fixture = *state;
    char id[UUID_TEXT_BYTES];
    deliver(fixture, "1", "1", 10, NOW, id);
    deliver(fixture, "2", "1", 11, NOW, id);
    process(fixture, NOW, "x!+0x1");
    process(fixture, NOW, "x!+0x1");
    bring(fixture, "app.pdb", "1f");
    process(fixture, NOW, "f");
    assert_int_equal(number(fixture, "SELECT count(*) FROM crash_group"), 2);
    assert_int_equal(number(fixture, "SELECT count(*) FROM group_alias"), 0);
    process(fixture, NOW, "f");
    assert_int_equal(number(fixture, "SELECT count(*) FROM crash_group"), 1);
    deliver(fixture, "3", "1", 12, NOW, id);
    process(fixture, NOW, "x!+0x1");
    assert_int_equal(number(fixture, "SELECT report_count FROM crash_group WHERE signature = 'f'"), 3);
    assert_int_equal(number(fixture, "SELECT count(*) FROM crash_group"), 1);
}

#define test_with_store(function) cmocka_unit_test_setup_teardown(function, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_store(job_when_claimed_then_nobody_else_gets_it_until_the_lease_ends),
        test_with_store(job_when_put_off_then_due_again_later_and_counted),
        test_with_store(job_when_given_up_then_a_dead_letter_until_a_richer_delivery),
        test_with_store(job_when_the_server_starts_anew_then_leases_are_given_back),
        test_with_store(report_when_replaced_while_it_is_worked_on_then_the_old_result_is_dropped),
        test_with_store(report_when_no_richer_then_nothing_changes),
        test_with_store(group_when_scores_differ_then_the_best_report_is_the_highest_and_of_equals_the_newest),
        test_with_store(counts_when_reports_come_are_replaced_and_processed_in_any_order_then_they_stay_exact),
        test_with_store(store_when_opened_twice_for_serving_then_busy_and_for_commands_ok),
        test_with_store(schema_when_the_database_is_newer_then_refused),
        test_with_store(db_when_rolled_back_then_nothing_remains),
        test_with_store(symbol_when_it_arrives_then_exactly_the_reports_that_wait_for_it_are_due),
        test_with_store(group_when_symbols_rename_its_reports_then_the_old_signature_leads_to_the_new_group),
        cmocka_unit_test(id_when_many_are_made_then_each_is_greater_than_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
