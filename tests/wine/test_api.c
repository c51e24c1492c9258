/* test_api.c - the public calls as a program makes them: limits at, below and above; order; bad arguments. One process, so the order of the
 * tests is part of them: before install, installed, uninstalled. */
#include "harness.h"
#include "salvor.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>

static salvor_options options_for_test(void)
{
    salvor_options options;
    salvor_options_init(&options);
    options.pipe = "\\\\.\\pipe\\salvor-test-nobody";
    options.spool_dir = harness_folder();
    return options;
}

static void options_when_initialised_then_documented_defaults(void **state)
{
    salvor_options options;
    (void)state;
    memset(&options, 0xff, sizeof options);
    salvor_options_init(&options);
    assert_int_equal(options.size, sizeof options);
    assert_int_equal(options.start_timeout_ms, 3000);
    assert_int_equal(options.crash_timeout_ms, 30000);
    assert_int_equal(options.stack_guarantee_bytes, 65536);
    assert_int_equal(options.dump_kind, SALVOR_DUMP_SMART);
    assert_int_equal(options.flags | options.handlers | options.after_dump, 0);
    assert_null(options.pipe);
}

static void install_when_arguments_are_bad_then_refused(void **state)
{
    salvor_options options = options_for_test();
    (void)state;
    assert_int_equal(salvor_install(NULL), SALVOR_E_ARGUMENT);
    options.flags = 0x8000;
    assert_int_equal(salvor_install(&options), SALVOR_E_ARGUMENT);
    options.flags = 0;
    options.size = 8;
    assert_int_equal(salvor_install(&options), SALVOR_E_ARGUMENT);
    options.size = sizeof options;
    options.after_dump = 2;
    assert_int_equal(salvor_install(&options), SALVOR_E_ARGUMENT);
    options.after_dump = 0;
    options.reserved[3] = 1;
    assert_int_equal(salvor_install(&options), SALVOR_E_ARGUMENT);
}

static void calls_when_not_installed_then_state_error(void **state)
{
    (void)state;
    assert_int_equal(salvor_wait_ready(0), SALVOR_E_STATE);
    assert_int_equal(salvor_uninstall(), SALVOR_E_STATE);
    assert_int_equal(salvor_thread_init(), SALVOR_E_STATE);
    assert_int_equal(salvor_handle_exception(NULL), 0);
}

static void setters_when_before_install_then_stored(void **state)
{
    (void)state;
    assert_int_equal(salvor_set_annotation("early", "bird"), SALVOR_OK);
    assert_int_equal(salvor_log("before install"), SALVOR_OK);
    assert_int_equal(salvor_set_annotation("early", NULL), SALVOR_OK);
}

static void annotation_when_key_is_at_limit_then_stored_above_refused(void **state)
{
    char key[SALVOR_MAX_KEY + 2];
    (void)state;
    memset(key, 'k', sizeof key);
    key[SALVOR_MAX_KEY + 1] = 0;
    assert_int_equal(salvor_set_annotation(key, "v"), SALVOR_E_ARGUMENT);
    key[SALVOR_MAX_KEY] = 0;
    assert_int_equal(salvor_set_annotation(key, "v"), SALVOR_OK);
    assert_int_equal(salvor_set_annotation(key, NULL), SALVOR_OK);
    assert_int_equal(salvor_set_annotation("", "v"), SALVOR_E_ARGUMENT);
    assert_int_equal(salvor_set_annotation(NULL, "v"), SALVOR_E_ARGUMENT);
}

static void annotation_when_value_is_above_limit_then_cut(void **state)
{
    char value[SALVOR_MAX_VALUE + 2];
    (void)state;
    memset(value, 'v', sizeof value);
    value[SALVOR_MAX_VALUE + 1] = 0;
    assert_int_equal(salvor_set_annotation("long", value), SALVOR_E_TRUNCATED);
    value[SALVOR_MAX_VALUE] = 0;
    assert_int_equal(salvor_set_annotation("long", value), SALVOR_OK);
    value[SALVOR_MAX_VALUE - 1] = 0;
    assert_int_equal(salvor_set_annotation("long", value), SALVOR_OK);
    assert_int_equal(salvor_set_annotation("long", NULL), SALVOR_OK);
}

static void annotation_when_table_is_full_then_told_and_freed_slots_serve_again(void **state)
{
    char key[16];
    int i;
    (void)state;
    for (i = 0; i < SALVOR_MAX_ANNOTATIONS; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(salvor_set_annotation(key, "x"), SALVOR_OK);
    }
    assert_int_equal(salvor_set_annotation("one more", "x"), SALVOR_E_FULL);
    assert_int_equal(salvor_set_annotation("key5", "replaced"), SALVOR_OK);
    assert_int_equal(salvor_set_annotation("key7", NULL), SALVOR_OK);
    assert_int_equal(salvor_set_annotation("one more", "x"), SALVOR_OK);
    for (i = 0; i < SALVOR_MAX_ANNOTATIONS; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(salvor_set_annotation(key, NULL), SALVOR_OK);
    }
    assert_int_equal(salvor_set_annotation("one more", NULL), SALVOR_OK);
}

static void attachments_when_full_then_told_and_same_path_counts_once(void **state)
{
    char path[64];
    int i;
    (void)state;
    for (i = 0; i < SALVOR_MAX_ATTACHMENTS; i++) {
        snprintf(path, sizeof path, "C:\\logs\\%d.log", i);
        assert_int_equal(salvor_add_attachment(path), SALVOR_OK);
        assert_int_equal(salvor_add_attachment(path), SALVOR_OK);
    }
    assert_int_equal(salvor_add_attachment("C:\\logs\\more.log"), SALVOR_E_FULL);
    assert_int_equal(salvor_remove_attachment("C:\\logs\\3.log"), SALVOR_OK);
    assert_int_equal(salvor_add_attachment("C:\\logs\\more.log"), SALVOR_OK);
    assert_int_equal(salvor_add_attachment(""), SALVOR_E_ARGUMENT);
    assert_int_equal(salvor_add_attachment(NULL), SALVOR_E_ARGUMENT);
}

static void memory_when_full_or_wrapping_then_refused(void **state)
{
    static char bytes[SALVOR_MAX_MEMORY_RANGES + 1];
    int i;
    (void)state;
    for (i = 0; i < SALVOR_MAX_MEMORY_RANGES; i++)
        assert_int_equal(salvor_add_memory(&bytes[i], 1), SALVOR_OK);
    assert_int_equal(salvor_add_memory(&bytes[SALVOR_MAX_MEMORY_RANGES], 1), SALVOR_E_FULL);
    assert_int_equal(salvor_add_memory(&bytes[4], 1), SALVOR_OK);
    assert_int_equal(salvor_add_memory(&bytes[0], SIZE_MAX), SALVOR_E_ARGUMENT);
    assert_int_equal(salvor_add_memory(NULL, 1), SALVOR_E_ARGUMENT);
    assert_int_equal(salvor_add_memory(&bytes[0], 0), SALVOR_E_ARGUMENT);
    assert_int_equal(salvor_remove_memory(&bytes[4]), SALVOR_OK);
    assert_int_equal(salvor_add_memory(&bytes[SALVOR_MAX_MEMORY_RANGES], 1), SALVOR_OK);
}

static void streams_when_type_is_reserved_or_table_full_then_refused(void **state)
{
    static char byte;
    uint32_t i;
    (void)state;
    assert_int_equal(salvor_add_stream(0xffff, &byte, 1), SALVOR_E_ARGUMENT);
    for (i = 0; i < SALVOR_MAX_STREAMS; i++)
        assert_int_equal(salvor_add_stream(0x10000 + i, &byte, 1), SALVOR_OK);
    assert_int_equal(salvor_add_stream(0x20000, &byte, 1), SALVOR_E_FULL);
    assert_int_equal(salvor_add_stream(0x10000, &byte, 1), SALVOR_OK);
}

static void install_when_done_then_second_is_told_and_caller_is_not_held(void **state)
{
    salvor_options options = options_for_test();
    LARGE_INTEGER start, end, rate;
    (void)state;
    QueryPerformanceFrequency(&rate);
    QueryPerformanceCounter(&start);
    assert_int_equal(salvor_install(&options), SALVOR_OK);
    QueryPerformanceCounter(&end);
    print_message("install took %lld us\n", (end.QuadPart - start.QuadPart) * 1000000 / rate.QuadPart);
    assert_int_equal(salvor_install(&options), SALVOR_E_ALREADY);
}

static void wait_ready_when_nobody_answers_then_no_monitor(void **state)
{
    (void)state;
    assert_int_equal(salvor_wait_ready(10000), SALVOR_E_NO_MONITOR);
}

static void setters_when_uninstalled_then_state_error(void **state)
{
    (void)state;
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
    assert_int_equal(salvor_uninstall(), SALVOR_E_STATE);
    assert_int_equal(salvor_set_annotation("late", "bird"), SALVOR_E_STATE);
    assert_int_equal(salvor_log("late"), SALVOR_E_STATE);
    assert_int_equal(salvor_add_attachment("C:\\x"), SALVOR_E_STATE);
    assert_int_equal(salvor_set_consent(SALVOR_CONSENT_YES), SALVOR_E_STATE);
}

static void strstatus_when_any_value_then_text(void **state)
{
    int i;
    (void)state;
    for (i = -20; i <= 1; i++)
        assert_true(salvor_strstatus(i) && *salvor_strstatus(i));
    assert_string_equal(salvor_strstatus(SALVOR_OK), "ok");
    assert_true(salvor_version() >= 0x000100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_when_initialised_then_documented_defaults),
        cmocka_unit_test(install_when_arguments_are_bad_then_refused),
        cmocka_unit_test(calls_when_not_installed_then_state_error),
        cmocka_unit_test(setters_when_before_install_then_stored),
        cmocka_unit_test(annotation_when_key_is_at_limit_then_stored_above_refused),
        cmocka_unit_test(annotation_when_value_is_above_limit_then_cut),
        cmocka_unit_test(install_when_done_then_second_is_told_and_caller_is_not_held),
        cmocka_unit_test(annotation_when_table_is_full_then_told_and_freed_slots_serve_again),
        cmocka_unit_test(attachments_when_full_then_told_and_same_path_counts_once),
        cmocka_unit_test(memory_when_full_or_wrapping_then_refused),
        cmocka_unit_test(streams_when_type_is_reserved_or_table_full_then_refused),
        cmocka_unit_test(wait_ready_when_nobody_answers_then_no_monitor),
        cmocka_unit_test(setters_when_uninstalled_then_state_error),
        cmocka_unit_test(strstatus_when_any_value_then_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
