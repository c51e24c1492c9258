/* test_intake.c - taking dump files that somebody else wrote into a queue. */
#include "collector/intake.h"
#include "support_spool.h"
#include "unit.h"

#define DUMP_BYTES 100000

struct scene {
    char *folder, *queue;
    struct intake intake;
};

static int make_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (!scene)
        return -1;
    scene->folder = support_folder();
    scene->queue = support_folder();
    scene->intake = (struct intake){.spool = support_spool(scene->queue), .queue_state = SPOOL_NEW, .max_dump_bytes = 1000000};
    *state = scene;
    return lifetimes_create(&scene->intake.lifetimes) == ST_OK ? 0 : -1;
}

static int drop_scene(void **state)
{
    struct scene *scene = *state;

    lifetimes_free(scene->intake.lifetimes);
    spool_close(scene->intake.spool);
    support_folder_drop(scene->folder);
    support_folder_drop(scene->queue);
    free(scene);
    return 0;
}

/* Writes DUMP_BYTES that begin as given and returns the path, freed by the caller. */
static char *put_dump(const struct scene *scene, const char *name, const char *signature)
{
    char *bytes = malloc(DUMP_BYTES), *path = path_joined(scene->folder, name);

    for (size_t i = 0; i < DUMP_BYTES; i++)
        bytes[i] = (char)(i * 7);
    memcpy(bytes, signature, strlen(signature));
    assert_status(file_write_whole(path, bytes, DUMP_BYTES), ST_OK);
    free(bytes);
    return path;
}

static struct spool_report *only_report(const struct scene *scene)
{
    struct spool_entry *entries = NULL;
    struct spool_report *report = NULL;
    size_t count = 0;

    assert_status(spool_list(scene->intake.spool, SPOOL_NEW, &entries, &count), ST_OK);
    assert_int_equal(count, 1);
    assert_status(spool_report_open(scene->intake.spool, SPOOL_NEW, entries[0].name, &report), ST_OK);
    spool_list_free(entries, count);
    return report;
}

static void check_value(const struct spool_report *report, const char *key, const char *expected)
{
    char value[256] = "";
    size_t size;
    const char *record = spool_report_record(report, &size);

    record_get(record, size, key, value, sizeof value);
    assert_string_equal(value, expected);
}

static void check_refused(struct scene *scene, const char *path, enum status expected)
{
    const char *why = NULL;

    assert_status(intake_take(&scene->intake, path, LAYER_LOCALDUMPS, NULL, &why), expected);
    assert_non_null(why);
    assert_int_equal(support_count(scene->queue, "new"), 0);
    assert_int_equal(support_count(scene->queue, "tmp"), 0);
}

static void name_when_localdumps_wrote_it_then_program_and_pid(void **state)
{
    static const struct {
        const char *name, *app;
        uint32_t pid;
    } cases[] = {
        {"app.exe.1234.dmp", "app.exe", 1234},
        {"my.app.exe.7.DMP", "my.app.exe", 7},
        {"app.exe(12).1234.dmp", "app.exe", 1234},
        {"app.exe().1234.dmp", "app.exe()", 1234},
        {"crash.dmp", "crash", 0},
        {"app.exe.0.dmp", "app.exe.0", 0},
        {"app.exe.99999999999.dmp", "app.exe.99999999999", 0},
        {"app.exe.4294967296.dmp", "app.exe.4294967296", 0},
        {".1234.dmp", "unknown", 0},
        {"1234.dmp", "1234", 0},
        {"app.exe.+12.dmp", "app.exe.+12", 0},
        {".dmp", "unknown", 0},
        {"con.dmp", "unknown", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char app[201];
        uint32_t pid = 77;
        intake_parse_name(cases[i].name, app, &pid);
        assert_string_equal(app, cases[i].app);
        assert_int_equal(pid, cases[i].pid);
    }
}

static void take_when_dump_then_report_holds_it_byte_for_byte(void **state)
{
    struct scene *scene = *state;
    char *path = put_dump(scene, "app.exe.1234.dmp", "MDMP"), id[UUID_TEXT_BYTES] = "";
    const char *why = "";
    uint8_t bytes[4];

    assert_status(intake_take(&scene->intake, path, LAYER_LOCALDUMPS, id, &why), ST_OK);
    struct spool_report *report = only_report(scene);
    assert_int_equal(spool_report_dump_bytes(report), DUMP_BYTES);
    assert_status(file_read_at(spool_report_file(report), DUMP_BYTES - 4, bytes, 4), ST_OK);
    assert_int_equal(bytes[3], (uint8_t)((DUMP_BYTES - 1) * 7));
    assert_string_equal(spool_report_id(report), id);
    check_value(report, RECORD_APP, "app.exe");
    check_value(report, RECORD_PID, "1234");
    check_value(report, RECORD_LAYER, "localdumps");
    check_value(report, RECORD_WEAK_ID, "1");
    check_value(report, RECORD_START, "");
    spool_report_close(report);
    struct file_info info;
    assert_status(file_stat(path, &info), ST_OK); /* whoever asked removes it */
    free(path);
}

static void take_when_pid_was_a_client_then_its_start_makes_the_id(void **state)
{
    struct scene *scene = *state;
    char *path = put_dump(scene, "app.exe.1234.dmp", "MDMP"), expected[UUID_TEXT_BYTES];
    const char *why = "";

    lifetimes_begin(scene->intake.lifetimes, 1234, 1700000000500);
    assert_status(intake_take(&scene->intake, path, LAYER_LOCALDUMPS, NULL, &why), ST_OK);
    struct spool_report *report = only_report(scene);
    uuid_report_id(expected, scene->intake.machine_id, 1234, 1700000000, 0);
    assert_string_equal(spool_report_id(report), expected);
    check_value(report, RECORD_WEAK_ID, "");
    check_value(report, RECORD_START, "1700000000");
    spool_report_close(report);
    free(path);
}

static void take_when_name_has_no_pid_then_two_files_have_two_ids(void **state)
{
    struct scene *scene = *state;
    char *first = put_dump(scene, "first.dmp", "MDMP"), *second = put_dump(scene, "second.dmp", "MDMP");
    char first_id[UUID_TEXT_BYTES], second_id[UUID_TEXT_BYTES], again[UUID_TEXT_BYTES];
    const char *why = "";

    assert_status(intake_take(&scene->intake, first, LAYER_INGEST, first_id, &why), ST_OK);
    assert_status(intake_take(&scene->intake, second, LAYER_INGEST, second_id, &why), ST_OK);
    assert_status(intake_take(&scene->intake, first, LAYER_INGEST, again, &why), ST_OK);
    assert_string_not_equal(first_id, second_id);
    assert_string_equal(first_id, again);
    free(first);
    free(second);
}

static void take_when_no_minidump_then_refused_and_nothing_left(void **state)
{
    struct scene *scene = *state;
    char *text = put_dump(scene, "text.dmp", "hello"), *tiny = path_joined(scene->folder, "tiny.dmp"),
         *empty = path_joined(scene->folder, "0.dmp");

    assert_status(file_write_whole(tiny, "MDMP", 4), ST_OK);
    assert_status(file_write_whole(empty, "", 0), ST_OK);
    check_refused(scene, text, ST_FORMAT);
    check_refused(scene, tiny, ST_FORMAT);
    check_refused(scene, empty, ST_FORMAT);
    check_refused(scene, scene->folder, ST_FORMAT);
    free(text);
    free(tiny);
    free(empty);
}

static void take_when_larger_than_the_limit_then_refused(void **state)
{
    struct scene *scene = *state;
    char *path = put_dump(scene, "app.exe.1.dmp", "MDMP");

    scene->intake.max_dump_bytes = DUMP_BYTES - 1;
    check_refused(scene, path, ST_TOO_LARGE);
    free(path);
}

static void take_when_missing_then_not_found(void **state)
{
    struct scene *scene = *state;
    char *path = path_joined(scene->folder, "nothing.dmp");

    check_refused(scene, path, ST_NOT_FOUND);
    free(path);
}

#define scene_test(function) cmocka_unit_test_setup_teardown(function, make_scene, drop_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_when_localdumps_wrote_it_then_program_and_pid),
        scene_test(take_when_dump_then_report_holds_it_byte_for_byte),
        scene_test(take_when_pid_was_a_client_then_its_start_makes_the_id),
        scene_test(take_when_name_has_no_pid_then_two_files_have_two_ids),
        scene_test(take_when_no_minidump_then_refused_and_nothing_left),
        scene_test(take_when_larger_than_the_limit_then_refused),
        scene_test(take_when_missing_then_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
