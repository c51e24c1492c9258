/* test_process.c - process_report: rust-minidump's layout field for field, the block `salvor`, containers, and hostile dumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "process/client.h"
#include "process/process.h"
#include "proto/container.h"
#include "proto/record.h"
#include "support_minidump.h"

static json_t *report_of(struct span file)
{
    struct buffer text;
    const char *why = NULL;
    json_error_t error;
    json_t *report;

    buffer_init(&text, PROCESS_MAX_JSON_BYTES);
    if (process_report(file, NULL, &text, &why) != ST_OK)
        fail_msg("refused: %s", why);
    report = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (!report)
        fail_msg("not JSON: %s at %d", error.text, error.position);
    buffer_done(&text);
    return report;
}

static json_t *report_typical(void)
{
    struct dump dump;
    json_t *report = report_of(dump_typical(&dump));

    dump_done(&dump);
    return report;
}

/* The value at a path such as "threads/0/frames/1/module". */
static json_t *at(json_t *root, const char *path)
{
    char step[64];

    while (root && *path) {
        size_t size = strcspn(path, "/");

        assert_true(size < sizeof(step));
        memcpy(step, path, size);
        step[size] = 0;
        root = json_is_array(root) ? json_array_get(root, strtoul(step, NULL, 10)) : json_object_get(root, step);
        path += size + (path[size] == '/');
    }
    return root;
}

static void assert_text(json_t *root, const char *path, const char *expected)
{
    const char *text = json_string_value(at(root, path));

    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s is %s, expected %s", path, text ? text : "no text", expected);
}

static void assert_number(json_t *root, const char *path, json_int_t expected)
{
    if (!json_is_integer(at(root, path)) || json_integer_value(at(root, path)) != expected)
        fail_msg("%s is %lld, expected %lld", path, (long long)json_integer_value(at(root, path)), (long long)expected);
}

static void assert_null_at(json_t *root, const char *path)
{
    if (!json_is_null(at(root, path)))
        fail_msg("%s is not null", path);
}

/* rust-minidump's members, each with the type that its json-schema.md gives it: o object, a array, s text, n number, b boolean; capitals
 * may be null. */
static const char *const schema[] = {
    "status s",
    "pid N",
    "crash_info o",
    "crash_info/type S",
    "crash_info/address S",
    "crash_info/crashing_thread N",
    "crash_info/assertion S",
    "system_info o",
    "system_info/os S",
    "system_info/os_ver S",
    "system_info/cpu_arch s",
    "system_info/cpu_info S",
    "system_info/cpu_count n",
    "system_info/cpu_microcode_version S",
    "thread_count n",
    "threads a",
    "threads/0/thread_name S",
    "threads/0/last_error_value S",
    "threads/0/frame_count n",
    "threads/0/frames a",
    "threads/0/frames/0/frame n",
    "threads/0/frames/0/trust s",
    "threads/0/frames/0/offset s",
    "threads/0/frames/0/module S",
    "threads/0/frames/0/module_offset S",
    "threads/0/frames/0/unloaded_modules A",
    "threads/0/frames/0/inlines A",
    "threads/0/frames/0/function S",
    "threads/0/frames/0/function_offset S",
    "threads/0/frames/0/file S",
    "threads/0/frames/0/line N",
    "threads/0/frames/0/missing_symbols b",
    "crashing_thread O",
    "crashing_thread/threads_index n",
    "crashing_thread/thread_name S",
    "crashing_thread/last_error_value S",
    "crashing_thread/frame_count n",
    "crashing_thread/frames/0/registers o",
    "crashing_thread/frames/0/registers/rip s",
    "main_module N",
    "modules a",
    "modules/0/base_addr s",
    "modules/0/end_addr s",
    "modules/0/debug_file s",
    "modules/0/debug_id s",
    "modules/0/filename s",
    "modules/0/code_id s",
    "modules/0/version S",
    "modules/0/missing_symbols b",
    "modules/0/loaded_symbols b",
    "modules/0/corrupt_symbols b",
    "modules/0/symbol_url S",
    "unloaded_modules a",
    "lsb_release O",
    "mac_crash_info O",
    "mac_boot_args S",
};

static bool has_type(json_t *value, char type)
{
    if (type >= 'A' && type <= 'Z') {
        if (json_is_null(value))
            return true;
        type = (char)(type - 'A' + 'a');
    }
    return (type == 'o' && json_is_object(value)) || (type == 'a' && json_is_array(value)) || (type == 's' && json_is_string(value)) ||
           (type == 'n' && json_is_integer(value)) || (type == 'b' && json_is_boolean(value));
}

static void report_when_typical_has_every_member_of_the_layout(void **state)
{
    json_t *report = report_typical();

    (void)state;
    for (size_t i = 0; i < sizeof(schema) / sizeof(schema[0]); i++) {
        char path[64];
        size_t size = strcspn(schema[i], " ");

        memcpy(path, schema[i], size);
        path[size] = 0;
        if (!has_type(at(report, path), schema[i][size + 1]))
            fail_msg("%s is missing or of another type", path);
    }
    json_decref(report);
}

static void report_when_typical_tells_the_crash(void **state)
{
    json_t *report = report_typical();

    (void)state;
    assert_text(report, "status", "OK");
    assert_number(report, "schema_version", PROCESS_SCHEMA_VERSION);
    assert_number(report, "pid", 4711);
    assert_text(report, "crash_info/type", "EXCEPTION_ACCESS_VIOLATION_WRITE");
    assert_text(report, "crash_info/address", "0x0000000000000010");
    assert_number(report, "crash_info/crashing_thread", 0);
    assert_text(report, "system_info/os", "Windows NT");
    assert_text(report, "system_info/os_ver", "10.0.19045");
    assert_text(report, "system_info/cpu_arch", "amd64");
    assert_text(report, "system_info/cpu_info", "family 6 model 60 stepping 3");
    assert_number(report, "system_info/cpu_count", 8);
    json_decref(report);
}

static void report_when_typical_has_threads_and_frames(void **state)
{
    json_t *report = report_typical();

    (void)state;
    assert_number(report, "thread_count", 2);
    assert_number(report, "threads/0/thread_id", 1001);
    assert_text(report, "threads/0/thread_name", "main");
    assert_number(report, "threads/0/frame_count", 4);
    assert_text(report, "threads/0/frames/0/trust", "context");
    assert_text(report, "threads/0/frames/0/module", "app.exe");
    assert_text(report, "threads/0/frames/0/offset", "0x0000000140001450");
    assert_text(report, "threads/0/frames/0/module_offset", "0x0000000000001450");
    assert_text(report, "threads/0/frames/1/trust", "scan");
    assert_text(report, "threads/0/frames/1/offset", "0x0000000140001233");
    assert_text(report, "threads/0/frames/2/module", "kernel32.dll");
    assert_text(report, "threads/0/frames/3/module", "ntdll.dll");
    assert_null(at(report, "threads/0/frames/0/registers"));
    assert_number(report, "crashing_thread/threads_index", 0);
    assert_text(report, "crashing_thread/frames/0/registers/rip", "0x0000000140001450");
    assert_null(at(report, "crashing_thread/frames/1/registers"));
    json_decref(report);
}

static void report_when_typical_has_modules(void **state)
{
    json_t *report = report_typical();

    (void)state;
    assert_number(report, "main_module", 0);
    assert_text(report, "modules/0/filename", "app.exe");
    assert_text(report, "modules/0/base_addr", "0x0000000140000000");
    assert_text(report, "modules/0/end_addr", "0x0000000140010000");
    assert_text(report, "modules/0/debug_file", "app.pdb");
    assert_text(report, "modules/0/debug_id", "0403020106050807090A0B0C0D0E0F102");
    assert_text(report, "modules/0/code_id", "5f00000110000");
    assert_text(report, "modules/0/version", "1.2.3.4");
    assert_text(report, "salvor/modules/0/path", "C:\\Program Files\\App\\app.exe");
    assert_text(report, "salvor/modules/0/code_id", "5F00000110000");
    json_decref(report);
}

static void report_when_typical_has_our_block(void **state)
{
    json_t *report = report_typical();

    (void)state;
    assert_text(report, "salvor/reason", "access violation writing 0x0000000000000010 (close to null)");
    assert_text(report, "salvor/exception/code", "0xc0000005");
    assert_text(report, "salvor/exception/name", "EXCEPTION_ACCESS_VIOLATION");
    assert_text(report, "salvor/exception/parameters/1", "0x10");
    assert_null_at(report, "salvor/fast_fail");
    assert_text(report, "salvor/layer", "monitor");
    assert_text(report, "salvor/source", "filter");
    assert_text(report, "salvor/program/name", "app.exe");
    assert_text(report, "salvor/program/version", "1.2.3");
    assert_text(report, "salvor/signature/title", "app.exe!+0x1450");
    assert_number(report, "salvor/signature/version", 2);
    assert_int_equal(strlen(json_string_value(at(report, "salvor/signature/hash"))), 16);
    assert_text(report, "salvor/annotations/user", "ann");
    assert_text(report, "salvor/log/0", "first line");
    assert_text(report, "salvor/log/1", "second line");
    assert_text(report, "salvor/record/id", "0f1e2d3c-0000-5000-8000-000000000001");
    assert_number(report, "salvor/threads/1/id", 1002);
    assert_text(report, "salvor/threads/1/registers/rip", "0x00007ff800004444");
    assert_number(report, "salvor/dump/process_start", 1699999000);
    assert_text(report, "salvor/handles/0/handle", "0x4c");
    assert_text(report, "salvor/handles/0/type", "File");
    assert_text(report, "salvor/handles/0/name", "\\Device\\HarddiskVolume3\\app.log");
    assert_null_at(report, "salvor/handles/1/name");
    assert_text(report, "salvor/functions/0/begin", "0x0000000050000000");
    assert_number(report, "salvor/functions/0/count", 1);
    assert_number(report, "salvor/memory/process/private_bytes", 50 << 20);
    assert_number(report, "salvor/memory/system/available_bytes", (json_int_t)4 << 30);
    assert_int_equal(json_array_size(at(report, "salvor/soft_errors")), 0);
    json_decref(report);
}

static void report_when_fast_fail_names_it(void **state)
{
    struct dump dump;
    json_t *report;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    dump_add_module(&dump, &(struct dump_module){0x140000000, 0x10000, 1, "C:\\app.exe", {2, 0, 0, 9}, NULL, 0});
    dump_add_thread(&dump, &(struct dump_thread){7, 0x140001000, 0x10000, 0, NULL, 0, NULL});
    dump_add_exception(&dump, 7, 0xc0000409, 0x140001000, (const uint64_t[]){7}, 1);
    report = report_of(dump_finish(&dump));
    assert_text(report, "crash_info/type", "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT");
    assert_number(report, "salvor/fast_fail/code", 7);
    assert_text(report, "salvor/fast_fail/name", "FAST_FAIL_FATAL_APP_EXIT");
    assert_text(report, "salvor/signature/title", "fastfail FATAL_APP_EXIT | app.exe!+0x1000");
    assert_text(report, "salvor/signature/tags/0", "fastfail FATAL_APP_EXIT");
    assert_text(report, "salvor/program/version", "2.0.0.9");
    assert_null_at(report, "salvor/layer");
    json_decref(report);
    dump_done(&dump);
}

static void report_when_dump_is_bare_has_nulls_and_says_why_it_is_unsigned(void **state)
{
    struct dump dump;
    json_t *report;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    report = report_of(dump_finish(&dump));
    assert_null_at(report, "pid");
    assert_null_at(report, "crash_info/type");
    assert_null_at(report, "crash_info/address");
    assert_null_at(report, "crash_info/crashing_thread");
    assert_null_at(report, "crashing_thread");
    assert_null_at(report, "main_module");
    assert_text(report, "salvor/signature/title", "EMPTY: the dump names no crashing thread");
    json_decref(report);
    dump_done(&dump);
}

static void report_when_processor_is_32_bit_pads_to_its_width(void **state)
{
    struct dump dump;
    json_t *report;

    (void)state;
    dump_begin(&dump, CPU_X86);
    dump_add_module(&dump, &(struct dump_module){0x400000, 0x10000, 1, "a.exe", {0}, NULL, 0});
    dump_add_thread(&dump, &(struct dump_thread){7, 0x401000, 0x10000, 0, NULL, 0, NULL});
    dump_add_exception(&dump, 7, 0xc0000094, 0x401000, NULL, 0);
    report = report_of(dump_finish(&dump));
    assert_text(report, "crash_info/address", "0x00401000");
    assert_text(report, "system_info/cpu_info", "GenuineIntel family 6 model 60 stepping 3");
    assert_text(report, "crashing_thread/frames/0/registers/eip", "0x00401000");
    assert_text(report, "modules/0/base_addr", "0x00400000");
    json_decref(report);
    dump_done(&dump);
}

static void report_when_code_was_unloaded_names_the_module_that_was_there(void **state)
{
    uint8_t stream[12 + 24] = {0};
    struct dump dump;
    json_t *report;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    bytes_put_u32(stream, 12);
    bytes_put_u32(stream + 4, 24);
    bytes_put_u32(stream + 8, 1);
    bytes_put_u64(stream + 12, 0x50000000);
    bytes_put_u32(stream + 20, 0x3000);
    bytes_put_u32(stream + 32, dump_put_string(&dump, "C:\\gone.dll"));
    dump_add_stream(&dump, 14, stream, sizeof(stream));
    dump_add_thread(&dump, &(struct dump_thread){7, 0x50000123, 0x10000, 0, NULL, 0, NULL});
    report = report_of(dump_finish(&dump));
    assert_null_at(report, "threads/0/frames/0/module");
    assert_text(report, "threads/0/frames/0/unloaded_modules/0/module", "gone.dll");
    assert_text(report, "threads/0/frames/0/unloaded_modules/0/offsets/0", "0x0000000000000123");
    assert_text(report, "unloaded_modules/0/filename", "gone.dll");
    json_decref(report);
    dump_done(&dump);
}

/* A report file: the dump, an attachment's place left out, the record, the footer. */
static void container_build(struct buffer *out, struct span dump, const char *extra)
{
    char text[1024];
    struct record_writer writer;
    struct container_footer footer;
    uint8_t encoded[CONTAINER_FOOTER_BYTES];

    record_writer_init(&writer, text, sizeof(text));
    record_put(&writer, RECORD_FORMAT, "1");
    record_put(&writer, RECORD_LAYER, LAYER_LOCALDUMPS);
    record_put_u64(&writer, RECORD_DUMP_BYTES, dump.len);
    record_put(&writer, RECORD_ANNOTATION "colour", extra);
    buffer_init(out, 1 << 20);
    assert_int_equal(buffer_append(out, dump.data, dump.len), ST_OK);
    footer = (struct container_footer){dump.len, (uint32_t)writer.len, container_crc32(text, writer.len)};
    container_footer_encode(&footer, encoded);
    assert_int_equal(buffer_append(out, text, writer.len), ST_OK);
    assert_int_equal(buffer_append(out, encoded, sizeof(encoded)), ST_OK);
}

static void report_when_file_is_a_container_uses_its_record(void **state)
{
    struct dump dump;
    struct buffer file;
    json_t *report;

    (void)state;
    container_build(&file, dump_typical(&dump), "dark\nred");
    report = report_of((struct span){file.data, file.len});
    assert_text(report, "salvor/layer", "localdumps");
    assert_text(report, "salvor/annotations/colour", "dark\nred");
    assert_text(report, "salvor/signature/title", "app.exe!+0x1450");
    json_decref(report);
    buffer_done(&file);
    dump_done(&dump);
}

static void report_when_container_is_damaged_is_refused(void **state)
{
    struct dump dump;
    struct buffer file, text;
    const char *why = NULL;

    (void)state;
    container_build(&file, dump_typical(&dump), "red");
    file.data[file.len - CONTAINER_FOOTER_BYTES - 3] ^= 1;
    buffer_init(&text, 1 << 20);
    assert_int_equal(process_report((struct span){file.data, file.len}, NULL, &text, &why), ST_FORMAT);
    assert_string_equal(why, "the report file is damaged: its record does not match its footer");
    assert_int_equal(text.len, 0);
    buffer_done(&file);
    dump_done(&dump);
}

static void report_when_out_is_too_small_leaves_it_as_it_was(void **state)
{
    struct dump dump;
    struct buffer text;
    const char *why = NULL;

    (void)state;
    buffer_init(&text, 300);
    assert_int_equal(buffer_append_text(&text, "before"), ST_OK);
    assert_int_equal(process_report(dump_typical(&dump), NULL, &text, &why), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&text), "before");
    buffer_done(&text);
    dump_done(&dump);
}

static void report_when_no_minidump_says_so(void **state)
{
    struct buffer text;
    const char *why = NULL;

    (void)state;
    buffer_init(&text, 1 << 20);
    assert_int_equal(process_report((struct span){(const uint8_t *)"hello", 5}, NULL, &text, &why), ST_FORMAT);
    assert_string_equal(why, "the file is no minidump: it does not begin with MDMP");
    assert_int_equal(text.len, 0);
    buffer_done(&text);
}

/* Whatever comes, the answer is a sentence or well-formed JSON. */
static void assert_sound(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct buffer text;
    const char *why = NULL;
    json_t *report = NULL;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    buffer_init(&text, PROCESS_MAX_JSON_BYTES);
    if (process_report((struct span){copy, size}, NULL, &text, &why) == ST_OK) {
        report = json_loadb((const char *)text.data, text.len, 0, NULL);
        if (!report)
            fail_msg("not JSON, of %zu bytes of dump", size);
    } else {
        assert_non_null(why);
    }
    json_decref(report);
    buffer_done(&text);
    free(copy);
}

static void report_when_dump_is_cut_or_damaged_stays_sound(void **state)
{
    struct dump dump;
    struct span bytes = dump_typical(&dump);
    uint32_t number = 1;

    (void)state;
    for (size_t size = 0; size < bytes.len; size += 3)
        assert_sound(bytes.data, size);
    for (unsigned round = 0; round < 1500; round++) {
        size_t place;
        uint8_t before;

        number = number * 1664525u + 1013904223u;
        place = (number >> 8) % bytes.len;
        before = dump.bytes.data[place];
        dump.bytes.data[place] = (uint8_t)(number >> 3);
        assert_sound(bytes.data, bytes.len);
        dump.bytes.data[place] = before;
    }
    dump_done(&dump);
}

static void assert_real(const char *path, const char *type, const char *address, const char *title)
{
    struct buffer bytes;
    json_t *report;

    buffer_init(&bytes, 1 << 20);
    assert_int_equal(file_read_whole(path, 1 << 20, &bytes), ST_OK);
    report = report_of((struct span){bytes.data, bytes.len});
    assert_text(report, "crash_info/type", type);
    assert_text(report, "crash_info/address", address);
    assert_text(report, "salvor/signature/title", title);
    assert_text(report, "salvor/program/name", "crash.exe");
    assert_text(report, "salvor/program/version", "3.1.4.159");
    assert_text(report, "salvor/comment", "made by crash.c");
    assert_number(report, "thread_count", 2);
    assert_int_equal(json_array_size(at(report, "modules")), 8);
    json_decref(report);
    buffer_done(&bytes);
}

static void report_when_dumps_are_real_tells_their_crashes(void **state)
{
    (void)state;
    assert_real(SALVOR_TEST_DATA "/access-violation.dmp", "EXCEPTION_ACCESS_VIOLATION_WRITE", "0x0000000000000010", "crash.exe!+0x16e9");
    assert_real(SALVOR_TEST_DATA "/divide.dmp", "EXCEPTION_INT_DIVIDE_BY_ZERO", "0x00000001400016e2", "crash.exe!+0x16e2");
    assert_real(SALVOR_TEST_DATA "/fast-fail.dmp", "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT", "0x000000007b013d7e",
                "fastfail FATAL_APP_EXIT | crash.exe!+0x1710");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_when_typical_has_every_member_of_the_layout),
        cmocka_unit_test(report_when_typical_tells_the_crash),
        cmocka_unit_test(report_when_typical_has_threads_and_frames),
        cmocka_unit_test(report_when_typical_has_modules),
        cmocka_unit_test(report_when_typical_has_our_block),
        cmocka_unit_test(report_when_fast_fail_names_it),
        cmocka_unit_test(report_when_dump_is_bare_has_nulls_and_says_why_it_is_unsigned),
        cmocka_unit_test(report_when_processor_is_32_bit_pads_to_its_width),
        cmocka_unit_test(report_when_code_was_unloaded_names_the_module_that_was_there),
        cmocka_unit_test(report_when_file_is_a_container_uses_its_record),
        cmocka_unit_test(report_when_container_is_damaged_is_refused),
        cmocka_unit_test(report_when_out_is_too_small_leaves_it_as_it_was),
        cmocka_unit_test(report_when_no_minidump_says_so),
        cmocka_unit_test(report_when_dump_is_cut_or_damaged_stays_sound),
        cmocka_unit_test(report_when_dumps_are_real_tells_their_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
