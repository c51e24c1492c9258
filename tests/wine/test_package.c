/* test_package.c - what the client does in a packaged program. Wine has no packages: the process, this program again, brings the three
 * functions of the system, which say what Windows' would, and note what they are asked. */
#include "harness.h"
#include "veh/private.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define NOBODY      "\\\\.\\pipe\\salvor-test-nobody"
#define NO_PACKAGE  15700 /* APPMODEL_ERROR_NO_PACKAGE */
#define WAIT_MS     60000
#define WER_INVALID ((HRESULT)0x80040001) /* any failure */

static struct {
    LONG name_answer;
    HRESULT register_answer;
    wchar_t path[128];
    int registered, unregistered;
} fake;

static LONG WINAPI fake_full_name(UINT32 *chars, PWSTR name)
{
    if (fake.name_answer == ERROR_INSUFFICIENT_BUFFER && *chars == 0 && !name)
        *chars = 60;
    return fake.name_answer;
}

static HRESULT WINAPI fake_register(PCWSTR path)
{
    fake.registered++;
    wcsncpy(fake.path, path, sizeof fake.path / sizeof *fake.path - 1);
    return fake.register_answer;
}

static HRESULT WINAPI fake_unregister(void)
{
    fake.unregistered++;
    return S_OK;
}

/* Installs, asks for the health, uninstalls. */
static void live(uint32_t handlers, salvor_health *ret_health)
{
    salvor_options options;

    package_system = (struct package_system){fake_full_name, fake_register, fake_unregister};
    salvor_options_init(&options);
    options.pipe = NOBODY;
    options.handlers = handlers;
    assert_int_equal(salvor_install(&options), SALVOR_OK);
    salvor_health_init(ret_health);
    assert_int_equal(salvor_verify(ret_health), SALVOR_OK);
}

static bool log_has(const char *text)
{
    char log[BLOCK_LOG_BYTES + 1];

    memcpy(log, client.block->log, (size_t)client.block->log_written);
    log[client.block->log_written] = 0;
    return strstr(log, text) != NULL;
}

static void child_packaged(void)
{
    salvor_health health;

    fake.name_answer = ERROR_INSUFFICIENT_BUFFER;
    live(0, &health);
    assert_int_equal(fake.registered, 1);
    assert_true(wcscmp(fake.path, L"Salvor\\dumps") == 0);
    assert_true(wcslen(fake.path) < 64); /* WER_MAX_LOCAL_DUMP_SUBPATH_LENGTH */
    assert_int_equal(health.local_dumps_found, 1);
    assert_false(log_has("WerRegisterAppLocalDump"));
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
    assert_int_equal(fake.unregistered, 1);
}

static void child_unpackaged(void)
{
    salvor_health health;

    fake.name_answer = NO_PACKAGE;
    live(0, &health);
    assert_int_equal(fake.registered, 0);
    assert_int_equal(health.local_dumps_found, 0);
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
    assert_int_equal(fake.unregistered, 0);
}

static void child_refused(void)
{
    salvor_health health;

    fake.name_answer = ERROR_INSUFFICIENT_BUFFER;
    fake.register_answer = WER_INVALID;
    live(0, &health);
    assert_int_equal(fake.registered, 1);
    assert_int_equal(health.local_dumps_found, 0);
    assert_true(log_has("salvor: WerRegisterAppLocalDump failed: 0x80040001\n"));
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
    assert_int_equal(fake.unregistered, 0);
}

static void child_without_wer(void)
{
    salvor_health health;

    fake.name_answer = ERROR_INSUFFICIENT_BUFFER;
    live(SALVOR_HANDLE_FILTER, &health);
    assert_int_equal(fake.registered, 0);
    assert_int_equal(health.local_dumps_found, 0);
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
}

/* One installation in a process, so each case has one of its own. */
static const struct {
    const char *name;
    void (*run)(void);
} children[] = {
    {"packaged", child_packaged},
    {"unpackaged", child_unpackaged},
    {"refused", child_refused},
    {"without-wer", child_without_wer},
};

static void as_child(void **state)
{
    const char *name = *state;

    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (strcmp(children[i].name, name) == 0) {
            children[i].run();
            return;
        }
    fail_msg("there is no child %s", name);
}

static void package_when_program_is_in_one_then_wer_keeps_its_dumps(void **state)
{
    (void)state;
    assert_int_equal(harness_run(WAIT_MS, "wine-package.exe", "--child", "packaged", (char *)NULL), 0);
}

static void package_when_program_is_in_none_then_nothing_is_registered(void **state)
{
    (void)state;
    assert_int_equal(harness_run(WAIT_MS, "wine-package.exe", "--child", "unpackaged", (char *)NULL), 0);
}

static void package_when_registration_fails_then_health_and_breadcrumbs_say_so(void **state)
{
    (void)state;
    assert_int_equal(harness_run(WAIT_MS, "wine-package.exe", "--child", "refused", (char *)NULL), 0);
}

static void package_when_wer_is_not_wanted_then_nothing_is_registered(void **state)
{
    (void)state;
    assert_int_equal(harness_run(WAIT_MS, "wine-package.exe", "--child", "without-wer", (char *)NULL), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_when_program_is_in_one_then_wer_keeps_its_dumps),
        cmocka_unit_test(package_when_program_is_in_none_then_nothing_is_registered),
        cmocka_unit_test(package_when_registration_fails_then_health_and_breadcrumbs_say_so),
        cmocka_unit_test(package_when_wer_is_not_wanted_then_nothing_is_registered),
    };

    if (argc > 2 && strcmp(argv[1], "--child") == 0) {
        const struct CMUnitTest child[] = {cmocka_unit_test_prestate(as_child, argv[2])};
        return cmocka_run_group_tests(child, NULL, NULL);
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
