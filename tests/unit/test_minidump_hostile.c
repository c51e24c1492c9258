/* test_minidump_hostile.c - dumps that are cut off, damaged or made to mislead: an error or a part of the model, never a crash, and soft
 * errors that say what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "minidump/minidump.h"
#include "support_minidump.h"

#define FLIP_ROUNDS 10000u
#define MAX_WALL_MS 20000u /* for one hostile dump under the sanitizers; real ones take microseconds */

/* A small generator with a fixed seed, so that a failure comes again. */
static uint32_t next_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* Opens a copy on the heap whose end the sanitizer guards, and reads everything. */
static enum status open_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct minidump *minidump = NULL;
    const char *why = NULL;
    enum status status;

    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    status = minidump_open(&minidump, (struct span){copy, size}, &why);
    if (status == ST_OK) {
        dump_touch(minidump);
        minidump_close(minidump);
    } else {
        assert_non_null(why);
        assert_true(strlen(why) > 0);
    }
    free(copy);
    return status;
}

static void open_when_empty_or_no_minidump_says_so(void **state)
{
    uint8_t zero[64] = {0};

    (void)state;
    assert_int_equal(open_copy(zero, 0), ST_TRUNCATED);
    assert_int_equal(open_copy(zero, sizeof(zero)), ST_FORMAT);
    assert_int_equal(open_copy((const uint8_t *)"MDM", 3), ST_FORMAT);
    assert_int_equal(open_copy((const uint8_t *)"MDMP", 4), ST_TRUNCATED);
    assert_int_equal(open_copy((const uint8_t *)"PMDMxxxx", 8), ST_UNSUPPORTED);
}

static void open_when_version_is_another_is_refused(void **state)
{
    struct dump dump;
    struct span bytes = dump_typical(&dump);

    (void)state;
    dump.bytes.data[4] = 0x94;
    assert_int_equal(open_copy(bytes.data, bytes.len), ST_VERSION);
    dump_done(&dump);
}

static void open_when_truncated_at_any_byte_is_an_error_or_a_part(void **state)
{
    struct dump dump;
    struct span bytes = dump_typical(&dump);
    unsigned parts = 0;

    (void)state;
    for (size_t size = 0; size <= bytes.len; size++)
        parts += open_copy(bytes.data, size) == ST_OK;
    assert_true(parts > bytes.len / 2);
    dump_done(&dump);
}

static void open_when_truncated_still_shows_what_is_there(void **state)
{
    struct dump dump;
    struct span bytes = dump_typical(&dump);
    struct minidump *minidump;
    const char *why;

    (void)state;
    assert_int_equal(minidump_open(&minidump, (struct span){bytes.data, 1000}, &why), ST_OK);
    assert_int_equal(minidump->system.cpu, CPU_AMD64);
    assert_true(minidump->soft_error_count > 0);
    minidump_close(minidump);
    dump_done(&dump);
}

static void flip_rounds(const uint8_t *bytes, size_t size, unsigned rounds, uint64_t seed)
{
    uint8_t *copy = malloc(size);

    assert_non_null(copy);
    for (unsigned round = 0; round < rounds; round++) {
        memcpy(copy, bytes, size);
        for (unsigned flips = 1 + next_number(&seed) % 8; flips; flips--)
            copy[next_number(&seed) % size] ^= (uint8_t)(1u << next_number(&seed) % 8);
        open_copy(copy, size);
    }
    free(copy);
}

static void open_when_bits_are_flipped_never_crashes(void **state)
{
    struct dump dump;
    struct span bytes = dump_typical(&dump);

    (void)state;
    flip_rounds(bytes.data, bytes.len, FLIP_ROUNDS, 20260101);
    dump_done(&dump);
}

static void open_when_a_real_dump_is_damaged_never_crashes(void **state)
{
    struct buffer dump;

    (void)state;
    buffer_init(&dump, 1 << 20);
    assert_int_equal(file_read_whole(SALVOR_TEST_DATA "/access-violation.dmp", 1 << 20, &dump), ST_OK);
    flip_rounds(dump.data, dump.len, 200, 7);
    for (size_t size = dump.len; size > 0; size -= size < 977 ? size : 977)
        open_copy(dump.data, size);
    buffer_done(&dump);
}

/* Every 32-bit number of the first kilobytes set to extremes: counts, sizes and offsets among them. */
static void open_when_any_number_is_extreme_never_crashes(void **state)
{
    static const uint32_t extremes[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    struct dump dump;
    struct span bytes = dump_typical(&dump);
    uint8_t *copy = malloc(bytes.len);

    (void)state;
    assert_non_null(copy);
    for (size_t at = 0; at + 4 <= bytes.len; at += 4)
        for (size_t i = 0; i < sizeof(extremes) / sizeof(extremes[0]); i++) {
            memcpy(copy, bytes.data, bytes.len);
            bytes_put_u32(copy + at, extremes[i]);
            open_copy(copy, bytes.len);
        }
    free(copy);
    dump_done(&dump);
}

/* A list stream that announces count entries of entry_bytes and holds none. */
static void assert_count_is_cut(uint32_t type, uint32_t count, const char *expected)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;
    uint8_t stream[16] = {0};
    bool found = false;

    dump_begin(&dump, CPU_AMD64);
    bytes_put_u32(stream, type == 14 || type == 16 ? 16 : count);
    bytes_put_u32(stream + 4, type == 14 ? 24 : type == 16 ? 48 : 0);
    bytes_put_u32(stream + 8, count);
    dump_add_stream(&dump, type, stream, sizeof(stream));
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    for (size_t i = 0; i < minidump->soft_error_count; i++)
        found = found || strstr(minidump->soft_errors[i], expected);
    assert_true(found);
    minidump_close(minidump);
    dump_done(&dump);
}

static void lists_when_counts_are_huge_are_cut_to_the_bytes(void **state)
{
    (void)state;
    assert_count_is_cut(3, UINT32_MAX, "thread list");
    assert_count_is_cut(4, UINT32_MAX, "module list");
    assert_count_is_cut(5, UINT32_MAX, "memory list");
    assert_count_is_cut(14, UINT32_MAX, "unloaded module list");
    assert_count_is_cut(16, UINT32_MAX, "memory info list");
    assert_count_is_cut(24, UINT32_MAX, "thread names");
}

static void memory64_when_its_range_wraps_is_cut(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;
    uint8_t stream[32] = {0};

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    bytes_put_u64(stream, 1);
    bytes_put_u64(stream + 8, 400);
    bytes_put_u64(stream + 16, 0x1000);
    bytes_put_u64(stream + 24, UINT64_MAX - 10);
    dump_add_stream(&dump, 9, stream, sizeof(stream));
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    assert_int_equal(minidump->range_count, 1);
    assert_true(minidump->ranges[0].bytes.len < minidump->bytes.len);
    assert_int_equal(minidump->soft_error_count, 1);
    minidump_close(minidump);
    dump_done(&dump);
}

static void modules_when_they_overlap_are_noted(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    dump_add_module(&dump, &(struct dump_module){0x10000, 0x8000, 1, "a.dll", {0}, NULL, 0});
    dump_add_module(&dump, &(struct dump_module){0x12000, 0x1000, 1, "b.dll", {0}, NULL, 0});
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    assert_int_equal(minidump->soft_error_count, 1);
    assert_non_null(strstr(minidump->soft_errors[0], "overlap"));
    assert_int_equal(minidump_module_at(minidump, 0x12345 - 0x345), 1);
    minidump_close(minidump);
    dump_done(&dump);
}

static void module_when_it_runs_over_the_address_space_is_cut(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    dump_add_module(&dump, &(struct dump_module){UINT64_MAX - 0xff, 0x1000, 1, "a.dll", {0}, NULL, 0});
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    assert_int_equal(minidump->modules[0].size_bytes, 0xff);
    assert_int_equal(minidump_module_at(minidump, UINT64_MAX - 1), 0);
    minidump_close(minidump);
    dump_done(&dump);
}

static void soft_errors_when_too_many_end_with_a_word_about_it(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;
    uint8_t list[4 + 16 * 100] = {0};

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    bytes_put_u32(list, 100);
    for (size_t i = 0; i < 100; i++)
        memset(list + 4 + 16 * i + 8, 0x7f, 8);
    dump_add_stream(&dump, 5, list, sizeof(list));
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    assert_int_equal(minidump->soft_error_count, MINIDUMP_MAX_SOFT_ERRORS);
    assert_string_equal(minidump->soft_errors[MINIDUMP_MAX_SOFT_ERRORS - 1], "further errors are not listed");
    minidump_close(minidump);
    dump_done(&dump);
}

/* Thousands of modules that all name one string of the greatest length: text costs memory that the file does not have. */
static void modules_when_they_share_a_giant_name_stay_within_the_ceiling(void **state)
{
    enum { COUNT = 12000, NAME_BYTES = 65536 };
    struct dump dump;
    uint8_t *name = calloc(1, 4 + NAME_BYTES), *list = calloc(1, 4 + (size_t)COUNT * 108);
    uint64_t start = clock_steady_ms();
    uint32_t at;

    (void)state;
    assert_true(name && list);
    dump_begin(&dump, CPU_AMD64);
    bytes_put_u32(name, NAME_BYTES);
    memset(name + 4, 'n', NAME_BYTES);
    at = dump_put(&dump, name, 4 + NAME_BYTES);
    bytes_put_u32(list, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        bytes_put_u32(list + 4 + i * 108 + 20, at);
    dump_add_stream(&dump, 4, list, 4 + (size_t)COUNT * 108);
    dump_finish(&dump);
    assert_int_equal(open_copy(dump.bytes.data, dump.bytes.len), ST_OK);
    assert_true(clock_steady_ms() - start < MAX_WALL_MS);
    free(name);
    free(list);
    dump_done(&dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_when_empty_or_no_minidump_says_so),
        cmocka_unit_test(open_when_version_is_another_is_refused),
        cmocka_unit_test(open_when_truncated_at_any_byte_is_an_error_or_a_part),
        cmocka_unit_test(open_when_truncated_still_shows_what_is_there),
        cmocka_unit_test(open_when_bits_are_flipped_never_crashes),
        cmocka_unit_test(open_when_a_real_dump_is_damaged_never_crashes),
        cmocka_unit_test(open_when_any_number_is_extreme_never_crashes),
        cmocka_unit_test(lists_when_counts_are_huge_are_cut_to_the_bytes),
        cmocka_unit_test(memory64_when_its_range_wraps_is_cut),
        cmocka_unit_test(modules_when_they_overlap_are_noted),
        cmocka_unit_test(module_when_it_runs_over_the_address_space_is_cut),
        cmocka_unit_test(soft_errors_when_too_many_end_with_a_word_about_it),
        cmocka_unit_test(modules_when_they_share_a_giant_name_stay_within_the_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
