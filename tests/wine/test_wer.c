/* test_wer.c - a real fast fail, which no handler in the process sees: WER's module and LocalDumps, with werhost in WerFault's place. On
 * real Windows the same deaths go to WerFault itself. */
#include "base/win/wide.h"
#include "harness.h"
#include "proto/code.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static wchar_t module_path[2048];

/* salvor-wer.dll beside this test, as the registry wants it. */
static void find_module(void)
{
    DWORD chars = GetModuleFileNameW(NULL, module_path, 2000);
    assert_true(chars && chars < 2000);
    while (chars && module_path[chars - 1] != L'\\')
        chars--;
    wcscpy(module_path + chars, L"salvor-wer.dll");
}

static int with_module(void **state)
{
    (void)state;
    harness_wer_module(true);
    return 0;
}

static int without_module(void **state)
{
    (void)state;
    harness_wer_module(false);
    return 0;
}

static void check_module_report(const char *spool_dir)
{
    struct spool *spool = NULL;
    struct spool_report *report = harness_only_report(spool_dir, &spool);
    uint32_t thread;

    assert_int_equal(harness_dump_exception(report, &thread), CODE_FAST_FAIL);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_WER);
    assert_string_equal(harness_value(report, RECORD_SOURCE), "wer");
    assert_string_equal(harness_value(report, RECORD_FAST_FAIL_NAME), "FAST_FAIL_FATAL_APP_EXIT");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    assert_string_equal(harness_value(report, RECORD_APP), "salvor-sample.exe");
    spool_report_close(report);
    spool_close(spool);
}

static void module_when_fast_fail_without_monitor_then_report_in_own_queue(void **state)
{
    const char *spool_dir = harness_folder();
    (void)state;
    assert_int_equal(harness_run_under_werhost("fast-fail", "\\\\.\\pipe\\salvor-test-nobody", spool_dir), CODE_FAST_FAIL);
    check_module_report(spool_dir);
}

static void module_when_fast_fail_with_monitor_then_one_report(void **state)
{
    struct harness_collector collector;
    const char *spool_dir = harness_folder();

    (void)state;
    harness_collector_start(&collector, harness_folder());
    assert_int_equal(harness_run_under_werhost("fast-fail", collector.pipe, spool_dir), CODE_FAST_FAIL);
    harness_wait_reports(harness_reports(spool_dir) ? spool_dir : collector.queue, 1, 10000);
    check_module_report(harness_reports(spool_dir) ? spool_dir : collector.queue);
    assert_int_equal(harness_reports(spool_dir) + harness_reports(collector.queue), 1);
    harness_collector_stop(&collector);
}

static void module_when_key_is_absent_then_not_asked(void **state)
{
    const char *spool_dir = harness_folder();
    (void)state;
    assert_int_equal(harness_run_under_werhost("fast-fail", "\\\\.\\pipe\\salvor-test-nobody", spool_dir), CODE_FAST_FAIL);
    assert_int_equal(harness_reports(spool_dir), 0);
}

/* What a module must answer without a doubt: NULL context, a crash that is not fatal, information of a strange size. */
static void module_when_context_is_null_or_event_is_not_ours_then_not_claimed(void **state)
{
    typedef HRESULT(WINAPI * callback)(void *, const void *, BOOL *, PWSTR, PDWORD, PDWORD);
    struct {
        DWORD size;
        HANDLE process, thread;
        EXCEPTION_RECORD record;
        CONTEXT context;
        PCWSTR report_id;
        BOOL is_fatal;
        DWORD reserved;
    } information = {0};
    uint64_t strange[8] = {0};
    BOOL claimed = TRUE;
    HMODULE module;
    callback ask;

    (void)state;
    find_module();
    module = LoadLibraryW(module_path);
    assert_non_null(module);
    ask = (callback)(void (*)(void))GetProcAddress(module, "OutOfProcessExceptionEventCallback");
    assert_non_null((void *)ask);
    information.size = sizeof information;
    information.process = GetCurrentProcess();
    information.thread = GetCurrentThread();
    information.is_fatal = TRUE;
    information.record.ExceptionCode = CODE_FAST_FAIL;
    assert_int_equal(ask(NULL, &information, &claimed, NULL, NULL, NULL), S_OK);
    assert_false(claimed);
    assert_int_equal(ask(strange, &information, &claimed, NULL, NULL, NULL), S_OK);
    assert_false(claimed);
    information.is_fatal = FALSE;
    assert_int_equal(ask(strange, &information, &claimed, NULL, NULL, NULL), S_OK);
    information.size = 16;
    assert_int_equal(ask(strange, &information, &claimed, NULL, NULL, NULL), S_OK);
    assert_int_equal(ask(strange, NULL, &claimed, NULL, NULL, NULL), S_OK);
    assert_false(claimed);
    assert_int_equal(ask(strange, &information, NULL, NULL, NULL, NULL), E_FAIL);
    FreeLibrary(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(module_when_fast_fail_without_monitor_then_report_in_own_queue, with_module, without_module),
        cmocka_unit_test_setup_teardown(module_when_fast_fail_with_monitor_then_one_report, with_module, without_module),
        cmocka_unit_test(module_when_key_is_absent_then_not_asked),
        cmocka_unit_test(module_when_context_is_null_or_event_is_not_ours_then_not_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
