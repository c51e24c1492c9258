/* test_matrix_threads.c - the matrix's rows in company: sixteen programs with ten idle threads each die at once, and the monitor has one
 * report of each, with the right thread. */
#include "base/clock.h"
#include "matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define AT_ONCE  16
#define THREADS  10
#define WAIT_MS  120000
#define MAX_ROWS 64

static const struct matrix_row *rows[MAX_ROWS];
static size_t row_count;

/* What the monitor itself sees. */
static void choose(void)
{
    for (size_t i = 0; i < matrix_row_count; i++)
        if (matrix_rows[i].cells[COLUMN_FILTER] == CAUGHT)
            rows[row_count++] = &matrix_rows[i];
}

static void check(const struct matrix_death *death, const struct matrix_report *reports, size_t count)
{
    const struct matrix_report *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (reports[i].pid != death->pid)
            continue;
        assert_null(found);
        found = &reports[i];
    }
    print_message("%s: exit 0x%08x, thread %u\n", death->row->name, death->exit_code, found ? found->thread : 0);
    assert_non_null(found);
    assert_int_equal(death->exit_code, death->row->code);
    assert_int_equal(found->code, death->row->code);
    assert_true(found->thread == death->sites[0].thread || (death->site_count > 1 && found->thread == death->sites[1].thread));
    assert_true(found->threads > THREADS);
}

/* Row first + i * step for the i-th of them. */
static void die_together(size_t first, size_t step)
{
    static struct matrix_report reports[MATRIX_MAX_REPORTS];
    struct matrix_death deaths[AT_ONCE] = {{NULL}};
    struct harness_collector collector;
    size_t count;

    harness_collector_start(&collector, harness_folder());
    for (size_t i = 0; i < AT_ONCE; i++)
        deaths[i].row = rows[(first + i * step) % row_count];
    matrix_let_die(&(struct matrix_run){.pipe = collector.pipe, .spool_dir = harness_folder(), .more = "--threads 10", .at_once = AT_ONCE},
                   deaths, AT_ONCE);
    harness_wait_reports(collector.queue, AT_ONCE, WAIT_MS);
    harness_collector_stop(&collector);
    count = matrix_read(collector.queue, NULL, reports, MATRIX_MAX_REPORTS);
    matrix_let_go(deaths, AT_ONCE);
    assert_int_equal(count, AT_ONCE);
    for (size_t i = 0; i < AT_ONCE; i++)
        check(&deaths[i], reports, count);
}

static void threads_when_sixteen_programs_die_at_once_then_one_report_each(void **state)
{
    (void)state;
    die_together(0, 1);
    if (!getenv("SALVOR_TEST_FULL"))
        return;
    die_together(AT_ONCE, 1);
    for (size_t i = 0; i < row_count; i++)
        die_together(i, 0); /* and sixteen of each */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_when_sixteen_programs_die_at_once_then_one_report_each),
    };

    choose();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
