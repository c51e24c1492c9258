/* test_disk.c - programs die while the disk below the queue, the inbox and the log is full: they end as ever, and once there is room each
 * death is reported, once. The disk is a small one of this test's own (with-disk). */
#include "base/random.h"
#include "harness.h"
#include "proto/code.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define PAGE_BYTES 4096
#define CRASH_MS   60000
#define REPORT_MS  60000
#define OVERDUE_MS 1000 /* after a death, with a grace of half of it */

static struct harness_collector collector;
static char disk[1024], filler[1100], incompressible[PAGE_BYTES];

static void need_disk(void)
{
    if (!disk[0]) {
        print_message("not tried: there is no small disk (with-disk mounts one, as root)\n");
        skip(); /* with-disk mounts one, as root */
    }
}

/* Writes that many pages, or as many as there is room for; how many there were. */
static unsigned write_pages(enum file_mode mode, unsigned most)
{
    struct file file;
    unsigned pages = 0;

    assert_int_equal(file_open(&file, filler, mode), ST_OK);
    while (pages < most && file_write(&file, incompressible, PAGE_BYTES) == ST_OK)
        pages++;
    file_close(&file);
    return pages;
}

/* Takes all of the disk but so many pages. */
static void fill(unsigned pages_left)
{
    unsigned all = write_pages(FILE_MODE_REPLACE, UINT_MAX);

    assert_true(all > pages_left);
    write_pages(FILE_MODE_REPLACE, all - pages_left); /* or a page less: the collector may have written something */
}

static void drain(void)
{
    assert_int_equal(file_remove(filler), ST_OK);
}

static int start_collector(void **state)
{
    static const char *const options[] = {"--no-dump-grace", "500ms", "--scan-interval", "200ms", "--loop-crashes", "0", NULL};
    static unsigned counter;
    char data[1100];

    (void)state;
    if (!disk[0])
        return 0;
    snprintf(data, sizeof data, "%s\\data-%u", disk, counter++);
    assert_int_equal(folder_create(data), ST_OK);
    harness_collector_start_with(&collector, data, options);
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    if (disk[0])
        harness_collector_stop(&collector);
    return 0;
}

/* Half a report is none: nothing stands in tmp/ while nobody writes. */
static void assert_no_drafts(void)
{
    char *path = path_joined(collector.queue, "tmp");
    struct folder *folder = NULL;
    const char *name;

    assert_int_equal(folder_open(&folder, path), ST_OK);
    assert_int_equal(folder_next(folder, &name), ST_END);
    folder_close(folder);
    free(path);
}

/* Dies with so many pages left, makes room, and sees the one report that comes of it. */
static void crash_and_drain(unsigned pages_left, size_t reports_before)
{
    fill(pages_left);
    assert_int_equal(
        harness_run(CRASH_MS, "salvor-sample.exe", "write-av", "--pipe", collector.pipe, "--spool", collector.inbox, (char *)NULL),
        CODE_ACCESS_VIOLATION);
    write_pages(FILE_MODE_APPEND, UINT_MAX); /* what was given back: the exit watcher's report is to find no room either */
    Sleep(OVERDUE_MS);                       /* and to be due */
    drain();
    harness_wait_reports(collector.queue, reports_before + 1, REPORT_MS);
}

static void monitor_when_disk_is_full_at_a_crash_then_one_report_once_there_is_room(void **state)
{
    static const unsigned pages[] = {0, 1, 3, 12, 40};
    size_t count = sizeof pages / sizeof *pages;

    (void)state;
    need_disk();
    for (size_t i = 0; i < count; i++)
        crash_and_drain(pages[i], i);
    crash_and_drain(1500, count); /* enough for it */
    assert_int_equal(harness_reports(collector.queue), count + 1);
    assert_no_drafts();
    print_message("the disk was full at %u crashes, reports lost 0, reported twice 0\n", (unsigned)count);
}

/* A fast fail reaches WER's module alone, and that writes into the inbox, on the same disk. */
static void wer_module_when_disk_is_full_then_one_report_once_there_is_room(void **state)
{
    static const unsigned pages[] = {0, 2, 30};
    size_t count = sizeof pages / sizeof *pages;

    (void)state;
    need_disk();
    harness_wer_module(true);
    for (size_t i = 0; i < count; i++) {
        fill(pages[i]);
        assert_int_equal(harness_run_under_werhost("fast-fail", collector.pipe, collector.inbox), CODE_FAST_FAIL);
        drain();
        harness_wait_reports(collector.queue, i + 1, REPORT_MS);
    }
    harness_wer_module(false);
    assert_int_equal(harness_reports(collector.queue), count);
    assert_no_drafts();
    print_message("the disk was full at %u fast fails, reports lost 0, reported twice 0\n", (unsigned)count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(monitor_when_disk_is_full_at_a_crash_then_one_report_once_there_is_room, start_collector,
                                        stop_collector),
        cmocka_unit_test_setup_teardown(wer_module_when_disk_is_full_then_one_report_once_there_is_room, start_collector, stop_collector),
    };
    const char *named = getenv("SALVOR_SMALL_DISK");

    snprintf(disk, sizeof disk, "%s", named ? named : "");
    snprintf(filler, sizeof filler, "%s\\filler", disk);
    if (random_bytes(incompressible, sizeof incompressible) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
