/* test_images.c - where processing takes unwind data from: a PE file in a symbol folder, and the image in the dump's own memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/analysis.h"
#include "support_minidump.h"

#define BASE        0x140000000u
#define STACK       0x20008u
#define CODE        0x1000u
#define XDATA       0x400u
#define TABLE       0x600u
#define IMAGE_BYTES 0x2000u
#define TIMESTAMP   0x5f5f5f5fu

static uint8_t image[IMAGE_BYTES];
static uint64_t stack[16];

/* One function that pushes rbx and takes 32 bytes; file and memory have the same layout. */
static void image_make(void)
{
    static const uint8_t codes[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};
    uint8_t *optional = image + 0x98, *section = image + 0x98 + 240;

    memset(image, 0, sizeof(image));
    bytes_put_u16(image, 0x5a4d);
    bytes_put_u32(image + 60, 0x80);
    bytes_put_u32(image + 0x80, 0x4550);
    bytes_put_u16(image + 0x84, 0x8664);
    bytes_put_u16(image + 0x86, 1);
    bytes_put_u32(image + 0x88, TIMESTAMP);
    bytes_put_u16(image + 0x94, 240);
    bytes_put_u16(optional, 0x20b);
    bytes_put_u32(optional + 56, IMAGE_BYTES);
    bytes_put_u32(optional + 60, XDATA);
    bytes_put_u32(optional + 108, 16);
    bytes_put_u32(optional + 136, TABLE);
    bytes_put_u32(optional + 140, 12);
    bytes_put_u32(section + 8, IMAGE_BYTES - XDATA);
    bytes_put_u32(section + 12, XDATA);
    bytes_put_u32(section + 16, IMAGE_BYTES - XDATA);
    bytes_put_u32(section + 20, XDATA);
    bytes_put_u32(section + 36, 0x60000020);
    memcpy(image + XDATA, codes, sizeof(codes));
    bytes_put_u32(image + TABLE, CODE);
    bytes_put_u32(image + TABLE + 4, CODE + 0x80);
    bytes_put_u32(image + TABLE + 8, XDATA);
    memset(image + CODE, 0x90, 0x100);
}

/* A thread in that function. Its stack holds a word that a scan would take for the return address before the true one. */
static void dump_make(struct dump *dump, uint32_t timestamp)
{
    const struct dump_module module = {.base = BASE, .size_bytes = IMAGE_BYTES, .timestamp = timestamp, .name = "C:\\app\\app.exe"};
    const struct dump_thread thread = {
        .id = 1, .ip = BASE + CODE + 0x20, .sp = STACK, .stack_address = STACK, .stack = stack, .stack_words = 16};

    memset(stack, 0, sizeof(stack));
    stack[2] = BASE + CODE + 0x30;
    stack[5] = BASE + CODE + 0x40;
    dump_begin(dump, CPU_AMD64);
    dump_add_module(dump, &module);
    dump_add_thread(dump, &thread);
}

static void assert_first_caller(struct dump *dump, const struct analysis_options *options, enum unwind_trust trust, uint64_t ip)
{
    struct analysis *analysis;
    const char *why;

    assert_int_equal(analysis_create(&analysis, dump_finish(dump), options, &why), ST_OK);
    assert_true(analysis->threads[0].stack.count >= 2);
    assert_string_equal(unwind_trust_text(analysis->threads[0].stack.frames[1].trust), unwind_trust_text(trust));
    assert_int_equal(analysis->threads[0].stack.frames[1].ip, ip);
    analysis_free(analysis);
    dump_done(dump);
}

/* Puts the image into a new symbol folder. */
static void folder_fill(char folder[64])
{
    char path[256];
    FILE *file;

    snprintf(folder, 64, "images-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/app.exe", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/app.exe/5F5F5F5F2000", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/app.exe/5F5F5F5F2000/app.exe", folder);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, sizeof(image), file), sizeof(image));
    assert_int_equal(fclose(file), 0);
}

static void folder_remove(const char *folder)
{
    static const char *const parts[] = {"/app.exe/5F5F5F5F2000/app.exe", "/app.exe/5F5F5F5F2000", "/app.exe", ""};
    char path[256];

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", folder, parts[i]);
        remove(path);
    }
}

static void walk_when_nothing_is_known_scans(void **state)
{
    static struct dump dump;

    (void)state;
    dump_make(&dump, TIMESTAMP);
    assert_first_caller(&dump, NULL, UNWIND_TRUST_SCAN, BASE + CODE + 0x30);
}

static void walk_when_the_dump_holds_the_image_is_exact(void **state)
{
    static struct dump dump;

    (void)state;
    image_make();
    dump_make(&dump, TIMESTAMP);
    dump_add_memory(&dump, BASE, image, sizeof(image));
    assert_first_caller(&dump, NULL, UNWIND_TRUST_CFI, BASE + CODE + 0x40);
}

static void walk_when_a_symbol_folder_holds_the_file_is_exact(void **state)
{
    static struct dump dump;
    char folder[64];
    const char *const folders[] = {"no-such-folder", folder};
    const struct analysis_options options = {.symbol_folders = folders, .symbol_folder_count = 2};

    (void)state;
    image_make();
    folder_fill(folder);
    dump_make(&dump, TIMESTAMP);
    assert_first_caller(&dump, &options, UNWIND_TRUST_CFI, BASE + CODE + 0x40);
    folder_remove(folder);
}

static void walk_when_the_file_is_another_build_does_not_use_it(void **state)
{
    static struct dump dump;
    char folder[64];
    const char *const folders[] = {folder};
    const struct analysis_options options = {.symbol_folders = folders, .symbol_folder_count = 1};

    (void)state;
    image_make();
    bytes_put_u32(image + 0x88, TIMESTAMP + 1);
    folder_fill(folder);
    dump_make(&dump, TIMESTAMP);
    assert_first_caller(&dump, &options, UNWIND_TRUST_SCAN, BASE + CODE + 0x30);
    folder_remove(folder);
}

/* Codes that are not known, or of an unknown version: the next method finds the caller, and the report says why it had to. */
static void walk_when_unwind_data_is_unknown_goes_on_and_says_so(void **state)
{
    static const struct {
        uint8_t codes[8];
        const char *note;
    } cases[] = {
        {{3, 5, 2, 0, 5, 0x32, 1, 0x30},
         "unwinding: the code at app.exe+0x1020 has unwind data of an unknown version; its callers were looked for by other means"},
        {{1, 5, 2, 0, 5, 0x3d, 1, 0x30},
         "unwinding: the code at app.exe+0x1020 has unwind codes that are not known; its callers were looked for by other means"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct dump dump;
        struct analysis *analysis;
        char note[ANALYSIS_NOTE_BYTES];
        const char *why;

        image_make();
        memcpy(image + XDATA, cases[i].codes, sizeof(cases[i].codes));
        image[CODE + 0x30 - 5] = 0xe8;
        dump_make(&dump, TIMESTAMP);
        dump_add_memory(&dump, BASE, image, sizeof(image));
        assert_int_equal(analysis_create(&analysis, dump_finish(&dump), NULL, &why), ST_OK);
        assert_true(analysis->threads[0].stack.count >= 2);
        assert_string_equal(unwind_trust_text(analysis->threads[0].stack.frames[1].trust), "scan");
        assert_int_equal(analysis->threads[0].stack.frames[1].ip, BASE + CODE + 0x30);
        assert_int_equal(analysis->note_count, 1);
        analysis_note_text(analysis, &analysis->notes[0], note);
        assert_string_equal(note, cases[i].note);
        analysis_free(analysis);
        dump_done(&dump);
    }
}

/* Puts an extended CONTEXT with a shadow stack pointer in the place of the thread's. */
static void shadow_stack_give(struct dump *dump, uint64_t pointer)
{
    uint8_t context[0x4d0 + 24 + 64 + 16] = {0}, *ex = context + 0x4d0, *list = NULL;
    size_t at = dump->bytes.len;

    dump_context(CPU_AMD64, BASE + CODE + 0x20, STACK, context);
    bytes_put_u32(context + 0x30, bytes_u32(context + 0x30) | 0x00100040);
    bytes_put_u32(ex + 16, 24);
    bytes_put_u32(ex + 20, 64 + 16);
    bytes_put_u64(ex + 24, 1u << 11);
    bytes_put_u64(ex + 32, 1ull << 63 | 1u << 11);
    bytes_put_u64(ex + 24 + 64, 1);
    bytes_put_u64(ex + 24 + 72, pointer);
    assert_int_equal(buffer_append(&dump->bytes, context, sizeof(context)), ST_OK);
    if (!dump->bytes.data)
        abort();
    for (uint32_t i = 0; i < bytes_u32(dump->bytes.data + 8); i++) {
        const uint8_t *row = dump->bytes.data + bytes_u32(dump->bytes.data + 12) + (size_t)12 * i;

        if (bytes_u32(row) == 3)
            list = dump->bytes.data + bytes_u32(row + 8);
    }
    if (!list)
        abort();
    bytes_put_u32(list + 4 + 40, sizeof(context));
    bytes_put_u32(list + 4 + 44, (uint32_t)at);
}

/* Of the two words that a scan would take the shadow stack knows the second. */
static void walk_when_the_thread_has_a_shadow_stack_scans_by_it(void **state)
{
    static struct dump dump;
    struct analysis *analysis;
    uint8_t shadow[16] = {0};
    const char *why;

    (void)state;
    bytes_put_u64(shadow, BASE + CODE + 0x40);
    dump_make(&dump, TIMESTAMP);
    dump_add_memory(&dump, 0x70000, shadow, sizeof(shadow));
    dump_finish(&dump);
    shadow_stack_give(&dump, 0x70000);
    assert_int_equal(analysis_create(&analysis, (struct span){dump.bytes.data, dump.bytes.len}, NULL, &why), ST_OK);
    assert_true(analysis->threads[0].stack.count >= 2);
    assert_int_equal(analysis->threads[0].stack.frames[1].ip, BASE + CODE + 0x40);
    analysis_free(analysis);
    dump_done(&dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_when_nothing_is_known_scans),
        cmocka_unit_test(walk_when_the_dump_holds_the_image_is_exact),
        cmocka_unit_test(walk_when_a_symbol_folder_holds_the_file_is_exact),
        cmocka_unit_test(walk_when_the_file_is_another_build_does_not_use_it),
        cmocka_unit_test(walk_when_unwind_data_is_unknown_goes_on_and_says_so),
        cmocka_unit_test(walk_when_the_thread_has_a_shadow_stack_scans_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
