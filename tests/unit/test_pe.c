/* test_pe.c - images as files and in memory: who they are, what they export, how they unwind; cut and damaged ones. */
#include "support_symbols.h"
#include "symbols/pe.h"
#include "symbols/pe_compile.h"
#include "symbols/symbols.h"
#include "unit.h"

#define FLIP_ROUNDS 10000u
#define X64         SALVOR_TEST_DATA "/symbols/plain-x64.dll"
#define X86         SALVOR_TEST_DATA "/symbols/plain-x86.dll"
#define CODE_ID     "8C708EF76000"
#define DEBUG_ID    "506DD4D554C735364C4C44205044422E1"
#define ENTRY_COUNT 4u

static struct buffer read_image(const char *path)
{
    struct buffer bytes;

    buffer_init(&bytes, 1u << 20);
    assert_status(file_read_whole(path, 1u << 20, &bytes), ST_OK);
    return bytes;
}

static struct span span_of(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->len};
}

/* Lays a file out as the loader does. */
static struct buffer load_image(const struct buffer *file)
{
    struct pe pe;
    struct pe_section section;
    struct span raw;
    struct buffer image;

    assert_status(pe_open(&pe, span_of(file), false), ST_OK);
    buffer_init(&image, 1u << 20);
    assert_status(buffer_reserve(&image, pe.size_of_image), ST_OK);
    memset(image.data, 0, pe.size_of_image);
    image.len = pe.size_of_image;
    memcpy(image.data, file->data, pe.size_of_headers);
    for (uint32_t i = 0; pe_section_at(pe.sections, i, &section); i++)
        if (pe_bytes_from(&pe, section.rva, &raw))
            memcpy(image.data + section.rva, raw.data, raw.len);
    return image;
}

static void assert_identity(const struct pe *pe)
{
    struct pe_codeview codeview;
    char code_id[PE_CODE_ID_BYTES], debug_id[PE_DEBUG_ID_BYTES];

    pe_code_id(pe, code_id);
    assert_string_equal(code_id, CODE_ID);
    assert_true(pe_codeview(pe, &codeview));
    pe_debug_id(codeview.guid, codeview.age, debug_id);
    assert_string_equal(debug_id, DEBUG_ID);
    assert_int_equal(codeview.path.len, strlen("plain-x64.pdb"));
    assert_memory_equal(codeview.path.data, "plain-x64.pdb", codeview.path.len);
}

static void open_when_file_then_headers_and_ids_are_read(void **state)
{
    struct buffer file = read_image(X64);
    struct pe pe;

    (void)state;
    assert_status(pe_open(&pe, span_of(&file), false), ST_OK);
    assert_true(pe.is_64);
    assert_int_equal(pe.machine, PE_MACHINE_X64);
    assert_int_equal(pe.image_base, 0x180000000u);
    assert_identity(&pe);
    buffer_done(&file);
}

static void open_when_loaded_then_the_same_is_found_by_address(void **state)
{
    struct buffer file = read_image(X64), image = load_image(&file);
    struct pe pe;
    struct pe_exports exports;
    struct pe_export export;
    struct span rows;
    uint32_t row_bytes, count = 0;

    (void)state;
    assert_status(pe_open(&pe, span_of(&image), true), ST_OK);
    assert_identity(&pe);
    assert_true(pe_exports_open(&pe, &exports));
    while (pe_exports_next(&exports, &export))
        count++;
    assert_int_equal(count, 4);
    assert_true(pe_exception_rows(&pe, &rows, &row_bytes));
    assert_int_equal(rows.len, ENTRY_COUNT * 12);
    buffer_done(&image);
    buffer_done(&file);
}

static void exports_when_one_is_a_forwarder_then_it_has_no_address(void **state)
{
    struct buffer file = read_image(X86);
    struct pe pe;
    struct pe_exports exports;
    struct pe_export export;
    bool is_seen = false;

    (void)state;
    assert_status(pe_open(&pe, span_of(&file), false), ST_OK);
    assert_true(pe_exports_open(&pe, &exports));
    while (pe_exports_next(&exports, &export)) {
        bool is_forwarder = export.forward_to.len > 0;
        assert_int_equal(export.rva == 0, is_forwarder);
        if (is_forwarder) {
            assert_int_equal(export.forward_to.len, strlen("ntdll.RtlMoveMemory"));
            assert_memory_equal(export.forward_to.data, "ntdll.RtlMoveMemory", export.forward_to.len);
            assert_memory_equal(export.name.data, "elsewhere", export.name.len);
            is_seen = true;
        }
    }
    assert_true(is_seen);
    buffer_done(&file);
}

static void exception_rows_when_x86_then_there_are_none(void **state)
{
    struct buffer file = read_image(X86);
    struct pe pe;
    struct span rows;
    uint32_t row_bytes;

    (void)state;
    assert_status(pe_open(&pe, span_of(&file), false), ST_OK);
    assert_false(pe.is_64);
    assert_false(pe_exception_rows(&pe, &rows, &row_bytes));
    buffer_done(&file);
}

static void plain_name_when_x86_then_calling_conventions_are_taken_off(void **state)
{
    static const struct {
        uint16_t machine;
        const char *name, *plain;
        uint32_t parameter_bytes;
    } cases[] = {
        {PE_MACHINE_X86, "_f", "f", 0},         {PE_MACHINE_X86, "_f@8", "f", 8},   {PE_MACHINE_X86, "@f@12", "f", 4},
        {PE_MACHINE_X86, "@f@4", "f", 0},       {PE_MACHINE_X86, "f@@16", "f", 16}, {PE_MACHINE_X86, "?f@@YAXXZ", "?f@@YAXXZ", 0},
        {PE_MACHINE_X86, "__Z1fi", "_Z1fi", 0}, {PE_MACHINE_X86, "_", "_", 0},      {PE_MACHINE_X86, "@8", "8", 0},
        {PE_MACHINE_X64, "_f@8", "_f@8", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t parameter_bytes = 99;
        struct span name = {(const uint8_t *)cases[i].name, strlen(cases[i].name)};
        char text[32];
        name = pe_plain_name(cases[i].machine, name, &parameter_bytes);
        snprintf(text, sizeof(text), "%.*s", (int)name.len, (const char *)name.data);
        assert_string_equal(text, cases[i].plain);
        assert_int_equal(parameter_bytes, cases[i].parameter_bytes);
    }
}

/* Reads all of a copy whose end the sanitizer guards. */
static enum status compile_copy(const uint8_t *bytes, size_t size, bool is_loaded)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct symbol_builder *builder = NULL;
    struct pe pe;

    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    enum status status = pe_open(&pe, (struct span){copy, size}, is_loaded);
    if (status == ST_OK) {
        assert_status(symbol_builder_create(&builder), ST_OK);
        assert_status(pe_compile(&pe, builder), ST_OK);
        struct symbol_table *table = symbols_compiled(builder);
        symbols_touch(table);
        symbols_close(table);
    }
    free(copy);
    return status;
}

static void compile_when_cut_anywhere_then_it_is_truncated_or_a_part(void **state)
{
    struct buffer file = read_image(X64);
    uint32_t parts = 0;

    (void)state;
    for (size_t size = 0; size < file.len; size++) {
        enum status status = compile_copy(file.data, size, false);
        assert_true(status == ST_OK || status == ST_TRUNCATED);
        parts += status == ST_OK;
    }
    assert_true(parts > 0 && parts < file.len);
    buffer_done(&file);
}

static void compile_when_bytes_are_flipped_then_nothing_breaks(void **state)
{
    struct buffer file = read_image(X64);
    uint64_t seed = 5;

    (void)state;
    for (uint32_t round = 0; round < FLIP_ROUNDS; round++) {
        uint8_t kept[4];
        size_t at[4];
        for (size_t i = 0; i < COUNT_OF(at); i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            at[i] = (size_t)(seed >> 33) % (i < 2 ? 0x400 : file.len); /* headers more often */
            kept[i] = file.data[at[i]];
            file.data[at[i]] ^= (uint8_t)(1u << (seed >> 60 & 7));
        }
        (void)compile_copy(file.data, file.len, round & 1);
        for (size_t i = COUNT_OF(at); i-- > 0;)
            file.data[at[i]] = kept[i];
    }
    buffer_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_when_file_then_headers_and_ids_are_read),
        cmocka_unit_test(open_when_loaded_then_the_same_is_found_by_address),
        cmocka_unit_test(exports_when_one_is_a_forwarder_then_it_has_no_address),
        cmocka_unit_test(exception_rows_when_x86_then_there_are_none),
        cmocka_unit_test(plain_name_when_x86_then_calling_conventions_are_taken_off),
        cmocka_unit_test(compile_when_cut_anywhere_then_it_is_truncated_or_a_part),
        cmocka_unit_test(compile_when_bytes_are_flipped_then_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
