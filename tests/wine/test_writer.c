/* test_writer.c - dump_write's bound, to the byte: the dump of a program that stands still, from outside, again and again. */
#include "base/text.h"
#include "harness.h"
#include "proto/record.h"
#include "writer/dbghelp_dump.h"
#include "writer/dump.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_BYTES  40000u
#define STREAM_BYTES 30000u
#define STREAM_TYPE  0x5a0001u
#define RECORD_BYTES 65536u

struct scene {
    struct process *sample;
    HANDLE process;
    struct block *copy;
    struct extra extra;
    uint8_t *log, *stream;
    char *record;
    struct record_writer writer;
    char path[1024];
    HANDLE file;
};

/* A program that waits to be told to die has its memory as it was, however often one looks. */
static void scene_init(struct scene *scene)
{
    static const char *const arguments[] = {"--no-salvor", "--no-wait", NULL};

    memset(scene, 0, sizeof *scene);
    scene->sample = harness_start_sample("wait-write-av", arguments);
    scene->process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_DUP_HANDLE, FALSE, process_id(scene->sample));
    assert_non_null(scene->process);
    scene->copy = calloc(1, sizeof *scene->copy);
    scene->log = malloc(BLOCK_LOG_BYTES);
    scene->record = malloc(RECORD_BYTES);
    scene->stream = calloc(1, STREAM_BYTES);
    assert_true(scene->copy && scene->log && scene->record && scene->stream);
    scene->copy->dump_kind = MINIDUMP_KIND_MINI;
    snprintf(scene->path, sizeof scene->path, "%s\\dump", harness_folder());
}

static void scene_done(struct scene *scene)
{
    CloseHandle(scene->process);
    harness_say(scene->sample, "\n");
    harness_finish(scene->sample, 20000);
    free(scene->copy);
    free(scene->log);
    free(scene->record);
    free(scene->stream);
}

/* Writable memory of the program that no stack is in: its own static data. */
static uint64_t find_memory(HANDLE process)
{
    MEMORY_BASIC_INFORMATION region;
    const char *at = NULL;

    while (VirtualQueryEx(process, at, &region, sizeof region) && region.RegionSize) {
        if (region.State == MEM_COMMIT && region.Type == MEM_IMAGE && region.Protect == PAGE_READONLY && region.RegionSize > RANGE_BYTES)
            return (uint64_t)(uintptr_t)region.BaseAddress;
        at = (const char *)region.BaseAddress + region.RegionSize;
    }
    fail_msg("the program has no read-only image memory of %u bytes", RANGE_BYTES);
    return 0;
}

static void ask_range(struct scene *scene)
{
    scene->extra.ranges[scene->extra.range_count++] = (struct block_range){find_memory(scene->process), RANGE_BYTES};
}

static void ask_stream(struct scene *scene)
{
    scene->extra.streams[scene->extra.stream_count++] = (struct minidump_stream){STREAM_TYPE, {scene->stream, STREAM_BYTES}};
}

/* The dump's size within the bound; the record says what was left out. */
static uint64_t write_within(struct scene *scene, uint64_t most_bytes)
{
    struct extra extra = scene->extra;
    struct dump_order order = {
        .process = scene->process,
        .pid = process_id(scene->sample),
        .pointer_bits = 64,
        .most_bytes = most_bytes,
        .copy = scene->copy,
        .record_text = scene->record,
        .record = &scene->writer,
        .log = scene->log,
        .extra = &extra,
        .write = dbghelp_dump_write,
    };
    wchar_t path[1024];
    const char *why = "";
    LARGE_INTEGER size;
    DWORD error = 0;
    uint32_t magic = 0;
    DWORD got;

    assert_true(MultiByteToWideChar(CP_UTF8, 0, scene->path, -1, path, 1024) != 0);
    record_writer_init(&scene->writer, scene->record, RECORD_BYTES);
    record_put(&scene->writer, RECORD_FORMAT, "1");
    order.file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    assert_true(order.file != INVALID_HANDLE_VALUE);
    assert_int_equal(dump_write(&order, &why, &error), ST_OK);
    assert_true(GetFileSizeEx(order.file, &size));
    SetFilePointer(order.file, 0, NULL, FILE_BEGIN);
    assert_true(ReadFile(order.file, &magic, sizeof magic, &got, NULL));
    assert_int_equal(magic, 0x504d444d);
    CloseHandle(order.file);
    return (uint64_t)size.QuadPart;
}

static bool says(const struct scene *scene, const char *text)
{
    scene->record[scene->writer.len] = 0;
    return strstr(scene->record, text) != NULL;
}

static bool says_anything(const struct scene *scene)
{
    return says(scene, RECORD_DUMP_CUT "=") || says(scene, RECORD_MEMORY_REFUSED "=") || says(scene, RECORD_STREAM_REFUSED "=");
}

static void bound_when_it_is_the_dumps_size_then_nothing_is_left_out(void **state)
{
    struct scene scene;
    uint64_t size;

    (void)state;
    scene_init(&scene);
    ask_range(&scene);
    ask_stream(&scene);
    write_within(&scene, UINT64_MAX); /* what the first one loads is there for all others */
    size = write_within(&scene, UINT64_MAX);
    assert_false(says_anything(&scene));
    assert_int_equal(write_within(&scene, size), size);
    assert_false(says_anything(&scene));
    assert_int_equal(write_within(&scene, size + 1), size);
    assert_false(says_anything(&scene));
    scene_done(&scene);
}

/* One byte less costs what the program asked for last, and no more than is needed: first memory, then streams. */
static void bound_when_one_byte_is_lacking_then_memory_goes_and_stream_stays(void **state)
{
    struct scene scene;
    uint64_t size, less;

    (void)state;
    scene_init(&scene);
    ask_range(&scene);
    ask_stream(&scene);
    write_within(&scene, UINT64_MAX);
    size = write_within(&scene, UINT64_MAX);
    less = write_within(&scene, size - 1);
    assert_true(less <= size - RANGE_BYTES);
    assert_true(says(&scene, " 40000 does not fit the bound of the dump\n"));
    assert_false(says(&scene, RECORD_STREAM_REFUSED "="));
    assert_false(says(&scene, RECORD_DUMP_CUT "="));
    scene_done(&scene);
}

static void bound_when_streams_do_not_fit_then_dump_is_written_anew_without_them(void **state)
{
    struct scene scene;
    uint64_t bare, less;

    (void)state;
    scene_init(&scene);
    write_within(&scene, UINT64_MAX);
    bare = write_within(&scene, UINT64_MAX);
    ask_stream(&scene);
    less = write_within(&scene, bare + 100);
    assert_true(less <= bare + 100);
    assert_true(says(&scene, RECORD_STREAM_REFUSED "=0x5a0001 30000 does not fit the bound of the dump\n"));
    assert_false(says(&scene, RECORD_DUMP_CUT "="));
    scene_done(&scene);
}

/* The poorest dump stays as it is, whatever the bound. */
static void bound_when_nothing_fits_it_then_the_poorest_dump_stands_and_says_so(void **state)
{
    struct scene scene;
    uint64_t least, none;

    (void)state;
    scene_init(&scene);
    ask_range(&scene);
    ask_stream(&scene);
    scene.copy->dump_kind = MINIDUMP_KIND_FULL;
    least = write_within(&scene, 1);
    assert_true(
        says(&scene, RECORD_DUMP_CUT "=mini instead of full, without memory information, to fit 1 bytes; the least that is of use has "));
    assert_true(says(&scene, RECORD_STREAM_REFUSED "=") && says(&scene, RECORD_MEMORY_REFUSED "="));
    none = write_within(&scene, 0);
    assert_int_equal(none, least);
    assert_true(least > 1000 && least < 1000000);
    scene_done(&scene);
}

static void bound_when_memory_is_more_then_a_poorer_dump_is_written(void **state)
{
    struct scene scene;
    uint64_t full, smart;

    (void)state;
    scene_init(&scene);
    scene.copy->dump_kind = MINIDUMP_KIND_FULL;
    full = write_within(&scene, UINT64_MAX);
    assert_false(says_anything(&scene));
    assert_true(write_within(&scene, full - 1) < full);
    assert_true(says(&scene, RECORD_DUMP_CUT "=full, without memory information, to fit "));
    smart = write_within(&scene, full / 2);
    assert_true(smart < full / 2);
    assert_true(says(&scene, RECORD_DUMP_CUT "=smart instead of full, to fit "));
    scene_done(&scene);
}

static void bound_of_two_when_one_is_not_set_then_the_other_holds(void **state)
{
    (void)state;
    assert_true(dump_bound(0, 0) == UINT64_MAX);
    assert_true(dump_bound(5, 0) == 5);
    assert_true(dump_bound(0, 7) == 7);
    assert_true(dump_bound(5, 7) == 5);
    assert_true(dump_bound(UINT64_MAX, 7) == 7);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_of_two_when_one_is_not_set_then_the_other_holds),
        cmocka_unit_test(bound_when_it_is_the_dumps_size_then_nothing_is_left_out),
        cmocka_unit_test(bound_when_one_byte_is_lacking_then_memory_goes_and_stream_stays),
        cmocka_unit_test(bound_when_streams_do_not_fit_then_dump_is_written_anew_without_them),
        cmocka_unit_test(bound_when_nothing_fits_it_then_the_poorest_dump_stands_and_says_so),
        cmocka_unit_test(bound_when_memory_is_more_then_a_poorer_dump_is_written),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
