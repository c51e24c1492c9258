/* test_matrix.c - every death by every layer alone, and by all of them at once: exactly one report, with the right reason, place and
 * thread, and the exit code kept. The table is matrix_rows.h.
 *
 * A run's programs die a few at a time, because most of a death's time is Wine's MiniDumpWriteDump; each cell is then a test of its own
 * that looks at what its program left. Dumps are copied into matrix-dumps/ below the working folder with a list of what they must say, for
 * an independent reader (tests/reader). */
#include "base/clock.h"
#include "base/file.h"
#include "keys.h"
#include "matrix.h"
#include "proto/code.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define NOBODY    "\\\\.\\pipe\\salvor-test-nobody"
#define DUMPS     "matrix-dumps"
#define AT_ONCE   4
#define SETTLE_MS 15000
#define MAX_LIST  65536

/* How one run is set up; the layers alone come first, in matrix_column's order. */
struct setup {
    const char *name, *more;
    bool module, localdumps, monitor, watched; /* watched: reports arrive in the collector's queue */
    const char *layer, *source;                /* what the report must name; NULL: by the row */
};

static const struct setup setups[] = {
    {"veh", "--handlers 1 --eager", false, false, true, true, LAYER_MONITOR, "veh"},
    {"filter", "--handlers 0x1e", false, false, true, true, LAYER_MONITOR, NULL},
    {"last_resort", "", false, false, false, false, LAYER_IN_PROCESS, NULL},
    {"module", "", true, false, false, false, LAYER_WER, "wer"},
    {"localdumps", "", false, true, false, true, LAYER_LOCALDUMPS, NULL},
    {"exit_watcher", "--handlers 0x20", false, false, true, true, LAYER_EXIT_WATCHER, NULL},
    {"all", "", true, true, true, true, NULL, NULL},
    {"passed_on", "--pass", true, true, true, true, NULL, NULL},
};
#define SETUP_ALL    COLUMN_COUNT
#define SETUP_PASSED (COLUMN_COUNT + 1)
#define SETUP_COUNT  (COLUMN_COUNT + 2)

struct run {
    const struct setup *setup;
    struct matrix_death deaths[MATRIX_MAX_DEATHS];
    size_t count;
    struct matrix_report reports[MATRIX_MAX_REPORTS];
    size_t report_count;
};

static struct run runs[SETUP_COUNT];

/* -- which cells there are -- */

static bool is_caught(const struct matrix_row *row, size_t setup)
{
    if (setup < COLUMN_COUNT)
        return row->cells[setup] == CAUGHT;
    if (setup == SETUP_PASSED) /* what both the monitor and WER see */
        return row->cells[COLUMN_FILTER] == CAUGHT && row->cells[COLUMN_DUMPS] == CAUGHT;
    return true;
}

static bool is_wanted(const struct matrix_row *row, size_t setup)
{
    return is_caught(row, setup) && (setup == SETUP_ALL || row->is_sampled || getenv("SALVOR_TEST_FULL"));
}

static void choose(const char *filter)
{
    for (size_t i = 0; i < SETUP_COUNT; i++) {
        runs[i].setup = &setups[i];
        for (size_t j = 0; j < matrix_row_count; j++) {
            struct matrix_death *death = &runs[i].deaths[runs[i].count];
            if (!is_wanted(&matrix_rows[j], i))
                continue;
            snprintf(death->name, sizeof death->name, "%s_%s", matrix_rows[j].name, setups[i].name);
            death->row = &matrix_rows[j];
            runs[i].count += !filter || strstr(death->name, filter) != NULL;
        }
    }
}

/* -- one run -- */

static void set_keys(const struct setup *setup, const char *dumps)
{
    keys_take(NAME_KEY_LOCALDUMPS);
    keys_take(NAME_KEY_WER_MODULES);
    keys_werhost(setup->module || setup->localdumps);
    if (setup->module)
        harness_wer_module(true);
    if (setup->localdumps) {
        keys_set_path(NAME_KEY_LOCALDUMPS "\\salvor-sample.exe", NAME_VALUE_DUMP_FOLDER, dumps);
        keys_set_path(NAME_KEY_LOCALDUMPS "\\salvor-sample-cpp.exe", NAME_VALUE_DUMP_FOLDER, dumps);
    }
}

static void give_keys_back(void)
{
    keys_werhost(false);
    keys_give_back(NAME_KEY_WER_MODULES);
    keys_give_back(NAME_KEY_LOCALDUMPS);
}

static bool is_empty(const char *path)
{
    struct folder *folder = NULL;
    const char *name;
    bool empty;

    assert_int_equal(folder_open(&folder, path), ST_OK);
    empty = folder_next(folder, &name) != ST_OK;
    folder_close(folder);
    return empty;
}

/* Deaths without a dump are settled in their order: when this program's, the last, has its report, no other can follow. */
static void die_last(const struct harness_collector *collector)
{
    assert_int_equal(
        harness_run(60000, "salvor-sample.exe", "fast-fail", "--pipe", collector->pipe, "--spool", harness_folder(), (char *)NULL),
        CODE_FAST_FAIL);
}

static void wait_settled(const struct harness_collector *collector, size_t reports)
{
    uint64_t end = clock_steady_ms() + SETTLE_MS;
    char *fresh = path_joined(collector->queue, "new");

    while (
        (harness_reports(collector->queue) != reports || !is_empty(collector->dumps) || !is_empty(collector->inbox) || !is_empty(fresh)) &&
        clock_steady_ms() < end)
        Sleep(20); /* neither folder has an event for that */
    free(fresh);
}

static void let_die(struct run *run)
{
    /* so many deaths of one program are a crash loop */
    static const char *const options[] = {
        "--no-dump-grace", "1s", "--report-killed", "--scan-interval", "200ms", "--loop-crashes", "0", NULL};
    const struct setup *setup = run->setup;
    const char *spool_dir = harness_folder();
    char prefix[64];
    struct harness_collector collector = {NULL};

    if (setup->watched)
        harness_collector_start_with(&collector, harness_folder(), options);
    set_keys(setup, collector.dumps);
    matrix_let_die(&(struct matrix_run){.pipe = setup->monitor ? collector.pipe : NOBODY,
                                        .spool_dir = spool_dir,
                                        .more = setup->more,
                                        .wer = setup->module || setup->localdumps,
                                        .at_once = AT_ONCE},
                   run->deaths, run->count);
    give_keys_back();
    if (setup->watched) {
        die_last(&collector);
        wait_settled(&collector, run->count + 1);
        harness_collector_stop(&collector);
    }
    matrix_let_go(run->deaths, run->count);
    snprintf(prefix, sizeof prefix, DUMPS "/%s-", setup->name);
    run->report_count = matrix_read(setup->watched ? collector.queue : spool_dir, prefix, run->reports, MATRIX_MAX_REPORTS);
}

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETUP_COUNT; i++)
        if (runs[i].count)
            let_die(&runs[i]);
    return 0;
}

/* -- what a cell must have left -- */

static const struct run *run_of(const struct matrix_death *death)
{
    size_t i = 0;

    while (death < runs[i].deaths || death >= runs[i].deaths + MATRIX_MAX_DEATHS)
        i++;
    return &runs[i];
}

static const struct matrix_report *only_report(const struct run *run, const struct matrix_death *death)
{
    const struct matrix_report *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < run->report_count; i++) {
        if (run->reports[i].pid != death->pid)
            continue;
        found = &run->reports[i];
        count++;
    }
    assert_int_equal(count, 1);
    return found;
}

/* The first layer that can see the death is the one that reports it. */
static const char *expected_layer(const struct run *run, const struct matrix_row *row)
{
    if (run->setup->layer)
        return run->setup->layer;
    if (row->cells[COLUMN_VEH] == CAUGHT || row->cells[COLUMN_FILTER] == CAUGHT)
        return LAYER_MONITOR;
    return row->cells[COLUMN_MODULE] == CAUGHT ? LAYER_WER : LAYER_EXIT_WATCHER;
}

static void check_exit_code(const struct run *run, const struct matrix_death *death)
{
    bool is_seen = strcmp(expected_layer(run, death->row), LAYER_EXIT_WATCHER) != 0;

    assert_int_equal(death->exit_code, is_seen ? death->row->code : death->row->bare_exit);
}

/* The fault lies where the program said that it would, in the thread that said so. */
static void check_place(const struct matrix_death *death, const struct matrix_report *report)
{
    const struct matrix_site *site = NULL;

    for (size_t i = 0; i < death->site_count && !site; i++)
        if (death->sites[i].thread == report->thread)
            site = &death->sites[i]; /* the first: a filter may fault after it */
    if (!site)
        fail_msg("thread %u is not the one that died: it was %u", report->thread, death->sites[0].thread);
    else if (report->address < site->begin || report->address >= site->end)
        fail_msg("0x%llx is not between 0x%llx and 0x%llx", (unsigned long long)report->address, (unsigned long long)site->begin,
                 (unsigned long long)site->end);
}

/* Names the dump after its cell, and what an independent reader must find in it. */
static void list_dump(const struct run *run, const struct matrix_death *death, const struct matrix_report *report)
{
    char from[128], to[256];
    FILE *list = fopen(DUMPS "/expected.txt", "a");

    assert_non_null(list);
    snprintf(from, sizeof from, DUMPS "/%s-%u.dmp", run->setup->name, report->pid);
    snprintf(to, sizeof to, DUMPS "/%s.dmp", death->name);
    assert_int_equal(file_rename(from, to, true), ST_OK);
    fprintf(list, "%s.dmp 0x%08x 0x%llx %u %s\n", death->name, report->code, (unsigned long long)report->address, report->thread,
            death->row->reason);
    fclose(list);
}

static void check_dump(const struct run *run, const struct matrix_death *death, const struct matrix_report *report)
{
    assert_int_equal(report->code, death->row->code);
    check_place(death, report);
    list_dump(run, death, report);
}

static void cell(void **state)
{
    const struct matrix_death *death = *state;
    const struct run *run = run_of(death);
    const struct matrix_report *report;
    const char *layer = expected_layer(run, death->row);

    check_exit_code(run, death);
    report = only_report(run, death);
    if (run->setup - setups == SETUP_PASSED) { /* both dumps became one report; the richer one stayed */
        assert_true(strstr(report->layers, LAYER_MONITOR) && strstr(report->layers, LAYER_LOCALDUMPS));
    } else {
        assert_string_equal(report->layer, layer);
    }
    if (run->setup->source)
        assert_string_equal(report->source, run->setup->source);
    if (strcmp(layer, LAYER_EXIT_WATCHER) == 0) {
        assert_int_equal(report->dump_bytes, 0);
        assert_int_equal(report->exit_code, death->row->bare_exit);
    } else {
        check_dump(run, death, report);
    }
}

/* -- tests -- */

static void empty_dumps(void)
{
    struct folder *folder = NULL;
    const char *name;

    assert_int_equal(folder_create(DUMPS), ST_OK);
    assert_int_equal(folder_open(&folder, DUMPS), ST_OK);
    while (folder_next(folder, &name) == ST_OK) {
        char *path = path_joined(DUMPS, name);
        file_remove(path);
        free(path);
    }
    folder_close(folder);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[SETUP_COUNT * MATRIX_MAX_DEATHS];
    size_t count = 0;

    choose(argc > 1 ? argv[1] : NULL); /* a part of a cell's name, for a person who looks into it */
    empty_dumps();
    for (size_t i = 0; i < SETUP_COUNT; i++)
        for (size_t j = 0; j < runs[i].count; j++)
            tests[count++] = (struct CMUnitTest){runs[i].deaths[j].name, cell, NULL, NULL, &runs[i].deaths[j]};
    return _cmocka_run_group_tests("matrix", tests, count, prepare, NULL);
}
