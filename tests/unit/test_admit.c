/* test_admit.c - whole reports from the inbox: whose file may speak for which process. */
#include "collector/intake.h"
#include "support_spool.h"
#include "unit.h"
#include <stdio.h>

#define PID     77
#define START_S 1700000000
#define FOREIGN "S-1-5-21-1-2-3-4"

struct scene {
    char *inbox, *queue, path[4096], owner[FILE_OWNER_BYTES];
    struct intake intake;
};

/* A report of process PID, as the WER module leaves it. */
static void put_report(struct scene *scene)
{
    static const char dump[64] = "MDMP";
    char record[512], id[UUID_TEXT_BYTES], *name = NULL;
    struct spool *spool = NULL;
    struct spool_draft *draft = NULL;
    struct file file = {FILE_CLOSED};

    uuid_report_id(id, scene->intake.machine_id, PID, START_S, 0);
    snprintf(record, sizeof record, "format=1\nid=%s\napp=app.exe\npid=%d\nprocess_start=%d\ncrash_time=%d\nlayer=%s\n", id, PID, START_S,
             START_S + 100, LAYER_WER);
    assert_status(spool_open_inbox(&spool, scene->inbox), ST_OK);
    assert_status(spool_draft_create(spool, &draft), ST_OK);
    assert_status(file_write(spool_draft_file(draft), dump, sizeof dump), ST_OK);
    assert_status(spool_draft_commit(draft, record, strlen(record), SPOOL_PENDING, &name), ST_OK);
    spool_close(spool);
    snprintf(scene->path, sizeof scene->path, "%s/%s", scene->inbox, name);
    assert_status(file_open(&file, scene->path, FILE_MODE_READ), ST_OK);
    assert_status(file_owner(&file, scene->owner), ST_OK);
    file_close(&file);
    free(name);
}

static int make_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (!scene)
        return -1;
    scene->inbox = support_folder();
    scene->queue = support_folder();
    scene->intake = (struct intake){.spool = support_spool(scene->queue), .queue_state = SPOOL_NEW, .max_dump_bytes = 1000000};
    *state = scene;
    if (lifetimes_create(&scene->intake.lifetimes) || user_quota_create(&scene->intake.quota, 1, 1000000))
        return -1;
    put_report(scene);
    return 0;
}

static int drop_scene(void **state)
{
    struct scene *scene = *state;

    lifetimes_free(scene->intake.lifetimes);
    user_quota_free(scene->intake.quota);
    spool_close(scene->intake.spool);
    support_folder_drop(scene->inbox);
    support_folder_drop(scene->queue);
    free(scene);
    return 0;
}

static void register_process(struct scene *scene, const char *user)
{
    lifetimes_begin(scene->intake.lifetimes, PID, START_S * 1000ll + 500);
    lifetimes_set_user(scene->intake.lifetimes, PID, START_S * 1000ll + 500, user);
}

static void admit_when_owner_is_the_processs_user_then_taken(void **state)
{
    struct scene *scene = *state;
    const char *why = "";

    register_process(scene, scene->owner);
    assert_status(intake_admit(&scene->intake, scene->path, NULL, &why), ST_OK);
}

/* Who is the system itself (root runs these tests on some machines) may speak for everybody. */
static void admit_when_owner_is_another_user_then_refused(void **state)
{
    struct scene *scene = *state;
    bool is_system = file_owner_is_system(scene->owner);
    const char *why = "";

    register_process(scene, FOREIGN);
    assert_status(intake_admit(&scene->intake, scene->path, NULL, &why), is_system ? ST_OK : ST_REFUSED);
    if (!is_system)
        assert_string_equal(why, "its owner is not the user of the process that it names");
}

static void admit_when_process_is_not_known_then_taken_on_its_owners_account(void **state)
{
    struct scene *scene = *state;
    bool is_system = file_owner_is_system(scene->owner);
    const char *why = "";

    assert_status(intake_admit(&scene->intake, scene->path, NULL, &why), ST_OK);
    assert_status(intake_admit(&scene->intake, scene->path, NULL, &why), is_system ? ST_OK : ST_REFUSED);
    if (!is_system)
        assert_non_null(strstr(why, "as many reports this hour"));
}

static void take_when_file_is_another_users_then_it_is_no_word_on_the_process(void **state)
{
    struct scene *scene = *state;
    bool is_system = file_owner_is_system(scene->owner);
    struct file_info info;
    char id[UUID_TEXT_BYTES], true_id[UUID_TEXT_BYTES], renamed[4200];
    const char *why = "";

    snprintf(renamed, sizeof renamed, "%s/app.exe.%d.dmp", scene->inbox, PID);
    assert_status(file_rename(scene->path, renamed, false), ST_OK);
    assert_status(file_stat(renamed, &info), ST_OK);
    register_process(scene, FOREIGN);
    assert_status(intake_take(&scene->intake, renamed, LAYER_LOCALDUMPS, id, &why), ST_OK);
    uuid_report_id(true_id, scene->intake.machine_id, PID, START_S, 0);
    assert_int_equal(strcmp(id, true_id) == 0, is_system);
}

#define scene_test(function) cmocka_unit_test_setup_teardown(function, make_scene, drop_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(admit_when_owner_is_the_processs_user_then_taken),
        scene_test(admit_when_owner_is_another_user_then_refused),
        scene_test(admit_when_process_is_not_known_then_taken_on_its_owners_account),
        scene_test(take_when_file_is_another_users_then_it_is_no_word_on_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
