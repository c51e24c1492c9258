/* test_naming.c - frames joined with symbol files: names, inlines, lines, and what is said of files that are missing or cannot serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "process/analysis.h"
#include "process/process.h"
#include "support_minidump.h"

#define BASE      0x180000000u
#define STACK     0x20000u
#define CODE_ID   "8C708EF76000"
#define DEBUG_ID  "506DD4D554C735364C4C44205044422E1"
#define INNERMOST 0x1050u /* in header_clamp, inlined into thrice_and_more, inlined into plain_sum */
#define BEHIND    0x115au /* behind start's call of plain_sum */
#define LONG_MS   60000u

/* What clang and lld made (tests/data/symbols) as a dump's module, and a thread that stopped in it. */
static void dump_make(struct dump *dump)
{
    static const uint8_t codeview[] = "RSDS\xd5\xd4\x6d\x50\xc7\x54\x36\x35\x4c\x4c\x44\x20\x50\x44\x42\x2e\x01\0\0\0plain-x64.pdb";
    static uint64_t stack[16];
    const struct dump_module module = {.base = BASE,
                                       .size_bytes = 0x6000,
                                       .timestamp = 0x8c708ef7,
                                       .name = "C:\\app\\plain-x64.dll",
                                       .codeview = codeview,
                                       .codeview_bytes = sizeof(codeview)};
    const struct dump_thread thread = {
        .id = 7, .ip = BASE + INNERMOST, .sp = STACK, .stack_address = STACK, .stack = stack, .stack_words = 16};

    memset(stack, 0, sizeof(stack));
    stack[0] = BASE + BEHIND;
    dump_begin(dump, CPU_AMD64);
    dump_add_module(dump, &module);
    dump_add_thread(dump, &thread);
    dump_add_exception(dump, 7, 0xc0000005, BASE + INNERMOST, (const uint64_t[]){0, 16}, 2);
}

/* -- a symbol folder -- */

static int folder_make(void **state)
{
    char *folder = strdup("naming-XXXXXX");

    *state = folder;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static int folder_drop(void **state)
{
    const char *const argv[] = {"/bin/rm", "-rf", *state, NULL};
    const struct process_options options = {.argv = argv};
    struct process *process;
    uint32_t code = 1;

    if (process_start(&process, &options) != ST_OK)
        return -1;
    process_wait(process, LONG_MS, &code);
    process_free(process);
    free(*state);
    return (int)code;
}

/* Puts a file of tests/data/symbols into the folder: all of it, or its first bytes, with the byte at changed turned over. */
static void folder_put(const char *folder, const char *name, const char *id, size_t size, size_t changed)
{
    char path[1024], below[512];
    struct buffer bytes;

    buffer_init(&bytes, 1 << 24);
    snprintf(path, sizeof(path), SALVOR_TEST_DATA "/symbols/%s", name);
    assert_int_equal(file_read_whole(path, 1 << 24, &bytes), ST_OK);
    snprintf(below, sizeof(below), "%s/%s/%s", folder, name, id);
    assert_int_equal(folder_create(below), ST_OK);
    snprintf(path, sizeof(path), "%s/%s", below, name);
    if (changed)
        bytes.data[changed] ^= 0xff;
    assert_int_equal(file_write_whole(path, bytes.data, size ? size : bytes.len), ST_OK);
    buffer_done(&bytes);
}

static json_t *report_with(const char *folder, const char *cache)
{
    const struct analysis_options options = {.symbol_folders = &folder, .symbol_folder_count = folder ? 1 : 0, .symbol_cache = cache};
    const char *why = "";
    struct dump dump;
    struct buffer text;
    json_t *report;

    dump_make(&dump);
    buffer_init(&text, 16 << 20);
    if (process_report(dump_finish(&dump), &options, &text, &why) != ST_OK)
        fail_msg("refused: %s", why);
    report = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(report);
    buffer_done(&text);
    dump_done(&dump);
    return report;
}

static json_t *frame_of(json_t *report, size_t index)
{
    return json_array_get(json_object_get(json_object_get(report, "crashing_thread"), "frames"), index);
}

static json_t *symbols_of(json_t *report)
{
    return json_object_get(json_array_get(json_object_get(json_object_get(report, "salvor"), "modules"), 0), "symbols");
}

static void assert_text(json_t *object, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s is %s, expected %s", key, text ? text : "no text", expected);
}

static void assert_place(json_t *frame, const char *function, const char *file, json_int_t line)
{
    assert_text(frame, "function", function);
    assert_text(frame, "file", file);
    assert_int_equal(json_integer_value(json_object_get(frame, "line")), line);
}

/* The answers of llvm-symbolizer for both addresses. */
static void assert_named(json_t *report)
{
    json_t *inlines = json_object_get(frame_of(report, 0), "inlines");

    assert_place(frame_of(report, 0), "plain_sum", "/salvor/plain.c", 23);
    assert_text(frame_of(report, 0), "function_offset", "0x0000000000000050");
    assert_int_equal(json_array_size(inlines), 2);
    assert_place(json_array_get(inlines, 0), "header_clamp", "/salvor/./plain.h", 23);
    assert_place(json_array_get(inlines, 1), "thrice_and_more", "/salvor/plain.c", 15);
    assert_place(frame_of(report, 1), "start", "/salvor/plain.c", 56);
    assert_true(json_is_false(json_object_get(frame_of(report, 1), "missing_symbols")));
}

static void assert_wanted(json_t *report, size_t index, const char *name, const char *id)
{
    json_t *wanted = json_array_get(json_object_get(symbols_of(report), "wanted"), index);

    assert_text(wanted, "name", name);
    assert_text(wanted, "id", id);
}

static void assert_states(json_t *report, bool missing, bool loaded, bool corrupt)
{
    json_t *module = json_array_get(json_object_get(report, "modules"), 0);

    assert_int_equal(json_is_true(json_object_get(module, "missing_symbols")), missing);
    assert_int_equal(json_is_true(json_object_get(module, "loaded_symbols")), loaded);
    assert_int_equal(json_is_true(json_object_get(module, "corrupt_symbols")), corrupt);
}

static void frames_when_the_pdb_is_there_have_functions_inlines_and_lines(void **state)
{
    json_t *report;

    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, 0);
    folder_put(*state, "plain-x64.dll", CODE_ID, 0, 0);
    report = report_with(*state, NULL);
    assert_named(report);
    assert_states(report, false, true, false);
    assert_text(symbols_of(report), "state", "loaded");
    assert_text(symbols_of(report), "source", "pdb");
    assert_int_equal(json_array_size(json_object_get(symbols_of(report), "wanted")), 0);
    json_decref(report);
}

/* Inlined functions are frames of their own to the signature, but its index is the stack's. */
static void signature_when_names_are_known_is_made_of_them(void **state)
{
    json_t *report, *signature;

    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, 0);
    report = report_with(*state, NULL);
    signature = json_object_get(json_object_get(report, "salvor"), "signature");
    assert_text(signature, "title", "header_clamp");
    assert_int_equal(json_integer_value(json_object_get(signature, "frame")), 0);
    json_decref(report);
}

static void frames_when_only_the_cache_is_left_are_still_named(void **state)
{
    char cache[128];

    snprintf(cache, sizeof(cache), "%s/cache", (const char *)*state);
    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, 0);
    json_decref(report_with(*state, cache));
    json_t *report = report_with(NULL, cache);
    assert_named(report);
    json_decref(report);
}

/* An exported name serves only where the function table shows that it is this function's. */
static void frames_when_only_the_image_is_there_have_exported_names(void **state)
{
    json_t *report;

    folder_put(*state, "plain-x64.dll", CODE_ID, 0, 0);
    report = report_with(*state, NULL);
    assert_text(frame_of(report, 0), "function", "plain_sum");
    assert_true(json_is_null(json_object_get(frame_of(report, 1), "function")));
    assert_text(frame_of(report, 1), "trust", "cfi");
    assert_states(report, true, false, false);
    assert_text(symbols_of(report), "source", "exports");
    assert_int_equal(json_array_size(json_object_get(symbols_of(report), "wanted")), 1);
    assert_wanted(report, 0, "plain-x64.pdb", DEBUG_ID);
    json_decref(report);
}

static void module_when_nothing_is_there_names_the_files_it_lacks(void **state)
{
    json_t *report = report_with(*state, NULL);

    assert_text(symbols_of(report), "state", "missing");
    assert_wanted(report, 0, "plain-x64.pdb", DEBUG_ID);
    assert_wanted(report, 1, "plain-x64.dll", CODE_ID);
    assert_true(json_is_true(json_object_get(frame_of(report, 0), "missing_symbols")));
    json_decref(report);
}

/* The GUID stands in the PDB's first block of the stream with its identity. */
static size_t guid_offset(void)
{
    static const uint8_t guid[] = {0xd5, 0xd4, 0x6d, 0x50, 0xc7, 0x54, 0x36, 0x35};
    struct buffer bytes;
    size_t at = 0;

    buffer_init(&bytes, 1 << 24);
    assert_int_equal(file_read_whole(SALVOR_TEST_DATA "/symbols/plain-x64.pdb", 1 << 24, &bytes), ST_OK);
    while (at + sizeof(guid) < bytes.len && memcmp(bytes.data + at, guid, sizeof(guid)) != 0)
        at++;
    assert_true(at + sizeof(guid) < bytes.len);
    buffer_done(&bytes);
    return at;
}

static void module_when_the_pdb_is_of_another_build_says_so_and_does_not_use_it(void **state)
{
    json_t *report;

    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, guid_offset());
    report = report_with(*state, NULL);
    assert_true(json_is_null(json_object_get(frame_of(report, 0), "function")));
    assert_text(symbols_of(report), "state", "mismatched");
    assert_text(symbols_of(report), "file", "plain-x64.pdb");
    assert_text(symbols_of(report), "why", "belongs to another build: its id is not the module's");
    assert_states(report, true, false, false);
    json_decref(report);
}

static void module_when_the_pdb_is_cut_says_so_and_does_not_use_it(void **state)
{
    json_t *report;

    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 5000, 0);
    report = report_with(*state, NULL);
    assert_true(json_is_null(json_object_get(frame_of(report, 0), "function")));
    assert_text(symbols_of(report), "state", "malformed");
    assert_states(report, false, false, true);
    json_decref(report);
}

/* -- the command -- */

static void stackwalk(const char *const *argv, struct buffer *out)
{
    const struct process_options options = {.argv = argv, .pipe_stdout = true};
    struct process *process;
    uint32_t code = UINT32_MAX;
    size_t got = 0;

    buffer_init(out, 1 << 20);
    assert_int_equal(process_start(&process, &options), ST_OK);
    do {
        assert_int_equal(buffer_reserve(out, 65536), ST_OK);
        assert_int_equal(file_read(process_stdout(process), out->data + out->len, 65536, &got), ST_OK);
        out->len += got;
    } while (got);
    out->data[out->len] = 0;
    assert_int_equal(process_wait(process, LONG_MS, &code), ST_OK);
    assert_int_equal(code, 0);
    process_free(process);
}

static void assert_says(const struct buffer *out, const char *text)
{
    if (!strstr(buffer_text(out), text))
        fail_msg("\"%s\" is not in:\n%.4000s", text, buffer_text(out));
}

static void dump_write(const char *path)
{
    struct dump dump;
    struct span bytes;

    dump_make(&dump);
    bytes = dump_finish(&dump);
    assert_int_equal(file_write_whole(path, bytes.data, bytes.len), ST_OK);
    dump_done(&dump);
}

static void text_when_symbols_are_there_shows_functions_inlines_and_source_lines(void **state)
{
    char dump[128];
    const char *const argv[] = {SALVOR_STACKWALK, dump, "--symbols", "no-such-folder", "--symbols", *state, NULL};
    struct buffer out;

    snprintf(dump, sizeof(dump), "%s/a.dmp", (const char *)*state);
    dump_write(dump);
    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, 0);
    stackwalk(argv, &out);
    assert_says(&out, "thread 7 (crashed)\n"
                      "                          plain-x64.dll!header_clamp  [/salvor/./plain.h:23]  (inlined)\n"
                      "                          plain-x64.dll!thrice_and_more  [/salvor/plain.c:15]  (inlined)\n"
                      "   0  0x0000000180001050  plain-x64.dll!plain_sum + 0x50  [/salvor/plain.c:23]\n");
    assert_says(&out, "plain-x64.dll!start + 0x2a  [/salvor/plain.c:56]");
    assert_says(&out, "\nsymbols that are missing\n      plain-x64.dll/" CODE_ID "/plain-x64.dll\n");
    buffer_done(&out);
}

static void text_when_a_symbol_file_cannot_serve_says_which_and_why(void **state)
{
    char dump[128];
    const char *const argv[] = {SALVOR_STACKWALK, dump, "--symbols", *state, NULL};
    struct buffer out;

    snprintf(dump, sizeof(dump), "%s/a.dmp", (const char *)*state);
    dump_write(dump);
    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, guid_offset());
    stackwalk(argv, &out);
    assert_says(&out, "      plain-x64.pdb/" DEBUG_ID "/plain-x64.pdb\n");
    assert_says(&out, "/plain-x64.pdb belongs to another build: its id is not the module's\n");
    buffer_done(&out);
}

static void explanation_when_rules_are_given_follows_them(void **state)
{
    static const char rules[] = "prefix header_\nirrelevant thrice_and_more$\n";
    char dump[128], file[128];
    const char *const argv[] = {SALVOR_STACKWALK, dump, "--symbols", *state, "--explain", "--signature-rules", file, NULL};
    struct buffer out;

    snprintf(dump, sizeof(dump), "%s/a.dmp", (const char *)*state);
    snprintf(file, sizeof(file), "%s/rules", (const char *)*state);
    dump_write(dump);
    assert_int_equal(file_write_whole(file, rules, sizeof(rules) - 1), ST_OK);
    folder_put(*state, "plain-x64.pdb", DEBUG_ID, 0, 0);
    stackwalk(argv, &out);
    assert_says(&out, "   0  plain-x64.dll!header_clamp: kept, and its caller too (header_)\n"
                      "   1  plain-x64.dll!thrice_and_more: passed over (thrice_and_more$)\n"
                      "   2  plain-x64.dll!plain_sum: kept, the end\n"
                      "title header_clamp | plain_sum\n");
    buffer_done(&out);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(frames_when_the_pdb_is_there_have_functions_inlines_and_lines),
        IN_FOLDER(signature_when_names_are_known_is_made_of_them),
        IN_FOLDER(frames_when_only_the_cache_is_left_are_still_named),
        IN_FOLDER(frames_when_only_the_image_is_there_have_exported_names),
        IN_FOLDER(module_when_nothing_is_there_names_the_files_it_lacks),
        IN_FOLDER(module_when_the_pdb_is_of_another_build_says_so_and_does_not_use_it),
        IN_FOLDER(module_when_the_pdb_is_cut_says_so_and_does_not_use_it),
        IN_FOLDER(text_when_symbols_are_there_shows_functions_inlines_and_source_lines),
        IN_FOLDER(explanation_when_rules_are_given_follows_them),
        IN_FOLDER(text_when_a_symbol_file_cannot_serve_says_which_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
