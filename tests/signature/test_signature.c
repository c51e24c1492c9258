/* test_signature.c - titles, tags and hashes of lib/signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "proto/code.h"
#include "signature/signature.h"

#define APP(offset)                                                                                                                        \
    {                                                                                                                                      \
        "app.exe", "5F00000110000", NULL, offset                                                                                           \
    }
#define SYSTEM(m, offset)                                                                                                                  \
    {                                                                                                                                      \
        m, "0123ABCD1000", NULL, offset                                                                                                    \
    }
#define NOWHERE                                                                                                                            \
    {                                                                                                                                      \
        NULL, "", NULL, 0                                                                                                                  \
    }

static struct signature_rules *rules;

static int rules_open(void **state)
{
    char message[RULES_MESSAGE_BYTES];

    (void)state;
    return signature_rules_create(&rules, NULL, 0, message) == ST_OK ? 0 : -1;
}

static int rules_close(void **state)
{
    (void)state;
    signature_rules_free(rules);
    return 0;
}

static struct signature sign(const struct signature_frame *frames, size_t count, uint32_t code)
{
    const struct signature_input input = {.frames = frames, .frame_count = count, .exception_code = code, .program = "app.exe"};
    struct signature signature;

    signature_make(rules, &input, NULL, &signature);
    return signature;
}

static void title_when_top_frame_is_the_programs_is_module_and_offset(void **state)
{
    static const struct signature_frame frames[] = {APP(0x1450), APP(0x2000)};
    struct signature signature = sign(frames, 2, CODE_ACCESS_VIOLATION);

    (void)state;
    assert_string_equal(signature.title, "app.exe!+0x1450");
    assert_true(signature.has_frame);
    assert_int_equal(signature.frame, 0);
    assert_int_equal(signature.version, SIGNATURE_VERSION);
    assert_int_equal(signature.tag_count, 0);
}

static void title_when_system_frames_come_first_passes_them_over(void **state)
{
    static const struct signature_frame frames[] = {SYSTEM("ntdll.dll", 0x10), SYSTEM("KERNELBASE.dll", 0x20), NOWHERE, APP(0x1450)};
    struct signature signature = sign(frames, 4, CODE_ACCESS_VIOLATION);

    (void)state;
    assert_string_equal(signature.title, "app.exe!+0x1450");
    assert_int_equal(signature.frame, 3);
}

static void title_when_there_are_only_system_frames_takes_the_first(void **state)
{
    static const struct signature_frame frames[] = {SYSTEM("ntdll.dll", 0x10), SYSTEM("kernel32.dll", 0x20)};

    (void)state;
    assert_string_equal(sign(frames, 2, CODE_ACCESS_VIOLATION).title, "ntdll.dll!+0x10");
}

static void title_when_the_function_is_known_is_its_name(void **state)
{
    static const struct signature_frame frames[] = {{"app.exe", "5F00000110000", "Parser::next", 0x1450}};

    (void)state;
    assert_string_equal(sign(frames, 1, CODE_ACCESS_VIOLATION).title, "Parser::next");
}

static void title_when_nothing_lies_in_a_module_says_why(void **state)
{
    static const struct signature_frame frames[] = {NOWHERE};
    struct signature_input input = {.frames = frames, .frame_count = 1, .why_empty = "no frame lies in a module"};
    struct signature signature;

    (void)state;
    signature_make(rules, &input, NULL, &signature);
    assert_string_equal(signature.title, "EMPTY: no frame lies in a module");
    assert_false(signature.has_frame);
    assert_string_equal(sign(NULL, 0, 0).title, "EMPTY: the stack has no frames");
}

static void title_when_fast_fail_carries_its_tag(void **state)
{
    static const struct signature_frame frames[] = {APP(0x1450)};
    struct signature_input input = {.frames = frames, .frame_count = 1, .exception_code = CODE_FAST_FAIL, .has_fast_fail = true};
    struct signature signature;

    (void)state;
    input.fast_fail = 7;
    signature_make(rules, &input, NULL, &signature);
    assert_string_equal(signature.title, "fastfail FATAL_APP_EXIT | app.exe!+0x1450");
    assert_int_equal(signature.tag_count, 1);
    assert_string_equal(signature.tags[0], "fastfail FATAL_APP_EXIT");
    input.fast_fail = 0xabcd;
    signature_make(rules, &input, NULL, &signature);
    assert_string_equal(signature.title, "fastfail 43981 | app.exe!+0x1450");
}

static void title_when_the_code_has_a_tag_carries_it(void **state)
{
    static const struct signature_frame frames[] = {APP(0x1450)};

    (void)state;
    assert_string_equal(sign(frames, 1, CODE_STACK_OVERFLOW).title, "stackoverflow | app.exe!+0x1450");
    assert_string_equal(sign(frames, 1, CODE_HEAP_CORRUPTION).title, "heap corruption | app.exe!+0x1450");
    assert_string_equal(sign(frames, 1, CODE_HANG).title, "hang | app.exe!+0x1450");
}

static void title_when_aborted_begins_behind_the_runtime(void **state)
{
    static const struct signature_frame frames[] = {APP(0x100), SYSTEM("msvcrt.dll", 1), SYSTEM("msvcrt.dll", 2), APP(0x7777)};

    (void)state;
    assert_string_equal(sign(frames, 4, CODE_ABORT).title, "app.exe!+0x7777");
    assert_string_equal(sign(frames, 1, CODE_ABORT).title, "app.exe!+0x100");
}

static void title_when_there_is_no_dump_names_program_and_code(void **state)
{
    const struct signature_input input = {.no_dump = true, .program = "app.exe", .exception_code = 0xc0000409};
    struct signature signature;

    (void)state;
    signature_make(rules, &input, NULL, &signature);
    assert_string_equal(signature.title, "no dump | app.exe 0xc0000409");
}

static void title_when_names_are_long_stays_within_the_limit_and_whole(void **state)
{
    char name[1024];
    struct signature_frame frame = {name, "", NULL, 0x1450};
    struct signature signature;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(name); i += 2)
        memcpy(name + i, "\xc3\xbc", 2);
    name[sizeof(name) - 2] = 0;
    signature = sign(&frame, 1, CODE_STACK_OVERFLOW);
    assert_true(strlen(signature.title) <= SIGNATURE_MAX_TITLE);
    assert_true(text_is_utf8(signature.title, strlen(signature.title)));
    assert_non_null(strstr(signature.title, "!+0x1450"));
    frame.function = name;
    signature = sign(&frame, 1, CODE_STACK_OVERFLOW);
    assert_true(strlen(signature.title) <= SIGNATURE_MAX_TITLE);
    assert_true(text_is_utf8(signature.title, strlen(signature.title)));
}

#define NAMED(m, f)                                                                                                                        \
    {                                                                                                                                      \
        m, "0123ABCD1000", f, 0x10                                                                                                         \
    }

static void check_title(const struct signature_frame *frames, size_t count, const char *title)
{
    assert_string_equal(sign(frames, count, CODE_ACCESS_VIOLATION).title, title);
}

static void title_when_the_top_says_too_little_goes_on_to_who_called(void **state)
{
    static const struct signature_frame copy[] = {NAMED("VCRUNTIME140.dll", "memcpy"),
                                                  NAMED("app.exe", "std::vector<int>::push_back(int const&)"),
                                                  NAMED("app.exe", "void Parser::read<char>(char*)"), NAMED("app.exe", "main")};
    static const struct signature_frame thrown[] = {NAMED("KERNELBASE.dll", "RaiseException"),
                                                    NAMED("VCRUNTIME140.dll", "_CxxThrowException"),
                                                    NAMED("app.exe", "std::_Throw_C_error"), NAMED("app.exe", "work")};
    static const struct signature_frame aborted[] = {NAMED("app.exe", "salvor_capture_deliver"), NAMED("app.exe", "on_abort"),
                                                     NAMED("ucrtbase.dll", "raise"), NAMED("ucrtbase.dll", "abort"),
                                                     NAMED("app.exe", "check")};
    static const struct signature_frame stream[] = {NAMED("app.exe", "stream_read"), NAMED("app.exe", "main")};

    (void)state;
    check_title(copy, 4, "memcpy | std::vector<T>::push_back | Parser::read<T>");
    check_title(thrown, 4, "std::_Throw_C_error | work");
    assert_string_equal(sign(aborted, 5, CODE_ABORT).title, "raise | abort | check");
    check_title(stream, 2, "stream_read");
    assert_int_equal(sign(copy, 4, CODE_ACCESS_VIOLATION).frame, 2);
}

static void title_when_a_fingerprint_is_set_is_the_fingerprint(void **state)
{
    static const struct signature_frame one[] = {APP(0x1450)}, two[] = {APP(0x2450)};
    struct signature_input input = {.frames = one, .frame_count = 1, .fingerprint = "checkout"};
    struct signature first, second;

    (void)state;
    signature_make(rules, &input, NULL, &first);
    input.frames = two;
    signature_make(rules, &input, NULL, &second);
    assert_string_equal(first.title, "checkout");
    assert_true(first.hash == second.hash);
    input.fingerprint = "EU | {{default}}";
    signature_make(rules, &input, NULL, &second);
    assert_string_equal(second.title, "EU | app.exe!+0x2450");
    assert_true(second.hash != first.hash && second.hash != sign(two, 1, 0).hash);
}

static void explanation_when_asked_for_names_each_step_and_rule(void **state)
{
    static const struct signature_frame frames[] = {NAMED("ntdll.dll", "RtlRaiseException"), SYSTEM("ntdll.dll", 0x20),
                                                    NAMED("ucrtbase.dll", "abort"), APP(0x1450)};
    const struct signature_input input = {.frames = frames, .frame_count = 4, .exception_code = CODE_STACK_OVERFLOW};
    static const char *const expected[] = {"tag stackoverflow\n",
                                           "   0  ntdll.dll!RtlRaiseException: passed over (Rtlp?(Raise",
                                           "   1  ntdll.dll!+0x20: passed over (module of the system, no function known)\n",
                                           "   2  ucrtbase.dll!abort: kept, and its caller too (",
                                           "   3  app.exe!+0x1450: kept, the end\n",
                                           "title stackoverflow | abort | app.exe!+0x1450\nhash "};
    struct signature signature;
    struct buffer text;

    (void)state;
    buffer_init(&text, 65536);
    signature_make(rules, &input, &text, &signature);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        if (!strstr(buffer_text(&text), expected[i]))
            fail_msg("\"%s\" is not in:\n%s", expected[i], buffer_text(&text));
    buffer_done(&text);
}

static void hash_when_all_is_equal_is_equal_and_fixed(void **state)
{
    static const struct signature_frame frames[] = {APP(0x1450)}, shouted[] = {{"APP.EXE", "5f00000110000", NULL, 0x1450}};

    (void)state;
    assert_true(sign(frames, 1, CODE_ACCESS_VIOLATION).hash == sign(shouted, 1, CODE_ACCESS_VIOLATION).hash);
    /* Groups in databases hang on this value: it may change only together with SIGNATURE_VERSION. */
    assert_true(sign(frames, 1, CODE_ACCESS_VIOLATION).hash == 0x6de439a43cab3645u);
}

static void hash_when_offset_build_module_or_tag_differ_differs(void **state)
{
    static const struct signature_frame base[] = {APP(0x1450)}, offset[] = {APP(0x1451)};
    static const struct signature_frame build[] = {{"app.exe", "5F00000210000", NULL, 0x1450}};
    static const struct signature_frame module[] = {{"app2.exe", "5F00000110000", NULL, 0x1450}};
    uint64_t hash = sign(base, 1, CODE_ACCESS_VIOLATION).hash;

    (void)state;
    assert_true(hash != sign(offset, 1, CODE_ACCESS_VIOLATION).hash);
    assert_true(hash != sign(build, 1, CODE_ACCESS_VIOLATION).hash);
    assert_true(hash != sign(module, 1, CODE_ACCESS_VIOLATION).hash);
    assert_true(hash != sign(base, 1, CODE_STACK_OVERFLOW).hash);
}

static void hash_when_only_callers_differ_is_equal(void **state)
{
    static const struct signature_frame one[] = {APP(0x1450), APP(0x2000)}, two[] = {APP(0x1450), APP(0x3000)};

    (void)state;
    assert_true(sign(one, 2, CODE_ACCESS_VIOLATION).hash == sign(two, 2, CODE_ACCESS_VIOLATION).hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(title_when_top_frame_is_the_programs_is_module_and_offset),
        cmocka_unit_test(title_when_system_frames_come_first_passes_them_over),
        cmocka_unit_test(title_when_there_are_only_system_frames_takes_the_first),
        cmocka_unit_test(title_when_the_function_is_known_is_its_name),
        cmocka_unit_test(title_when_nothing_lies_in_a_module_says_why),
        cmocka_unit_test(title_when_fast_fail_carries_its_tag),
        cmocka_unit_test(title_when_the_code_has_a_tag_carries_it),
        cmocka_unit_test(title_when_aborted_begins_behind_the_runtime),
        cmocka_unit_test(title_when_there_is_no_dump_names_program_and_code),
        cmocka_unit_test(title_when_names_are_long_stays_within_the_limit_and_whole),
        cmocka_unit_test(title_when_the_top_says_too_little_goes_on_to_who_called),
        cmocka_unit_test(title_when_a_fingerprint_is_set_is_the_fingerprint),
        cmocka_unit_test(explanation_when_asked_for_names_each_step_and_rule),
        cmocka_unit_test(hash_when_all_is_equal_is_equal_and_fixed),
        cmocka_unit_test(hash_when_offset_build_module_or_tag_differ_differs),
        cmocka_unit_test(hash_when_only_callers_differ_is_equal),
    };

    return cmocka_run_group_tests(tests, rules_open, rules_close);
}
