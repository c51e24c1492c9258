/* test_symbols_hostile.c - symbol files and tables that are cut off or damaged: a refusal or a part, never a crash, in bounded time. */
#include "unit.h"

#include "base/clock.h"
#include "support_symbols.h"
#include "symbols/cache.h"
#include "symbols/symbols.h"

#define FLIP_ROUNDS 10000u
#define MAX_WALL_MS 20000u /* for one hostile file under the sanitizers */

static const char sample[] = "MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 t.pdb\n"
                             "INFO CODE_ID 5A9832E512000 t.exe\n"
                             "FILE 0 a.c\nFILE 7 h.h\n"
                             "INLINE_ORIGIN 0 in\nINLINE_ORIGIN 1 deep\n"
                             "FUNC 1000 40 0 main\n"
                             "INLINE 0 12 0 0 1010 8 1020 4\nINLINE 1 5 7 1 1012 2\n"
                             "1000 10 10 0\n1010 8 100 7\n1018 8 13 0\n1020 4 101 7\n1024 1c 14 0\n"
                             "FUNC m 1010 4 8 nested\n1010 4 20 0\n"
                             "PUBLIC 3000 0 label\nPUBLIC 900 4 low\n"
                             "STACK CFI INIT 1000 40 .cfa: $rsp 8 +\nSTACK CFI 1004 .cfa: $rsp 48 +\nSTACK CFI 1008 .cfa: $rsp 8 +\n"
                             "STACK WIN 4 1000 40 4 1 8 c 10 20 1 $T0 .raSearch =\nSTACK WIN 0 2000 10 0 0 8 0 0 0 0 1\n";

static uint32_t next_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* The sample's table as bytes; freed by the caller. */
static uint8_t *table_bytes(size_t *ret_size)
{
    struct symbol_builder *builder = NULL;
    struct buffer out;

    assert_status(symbol_builder_create(&builder), ST_OK);
    for (uint32_t i = 0; i < 4; i++) {
        symbol_builder_function(
            builder, &(struct symbol_function){.rva = 0x1000 + i * 0x40, .size = 0x38, .name = symbol_builder_text(builder, "f", 1)});
        symbol_builder_inline_range(builder, symbol_builder_inline(builder, 0, symbol_builder_text(builder, "in", 2), 1, 3),
                                    0x1008 + i * 0x40, 8);
        symbol_builder_inline_range(builder, symbol_builder_inline(builder, 1, symbol_builder_text(builder, "deep", 4), 1, 4),
                                    0x100a + i * 0x40, 2);
        symbol_builder_line(builder, 0x1000 + i * 0x40, 0x20, symbol_builder_file(builder, "a.c", 3), i, 0);
    }
    symbol_builder_public(builder, 0x3000, symbol_builder_text(builder, "label", 5), 0, false);
    symbol_builder_cfi(builder, 0x1000, 0x40, symbol_builder_text(builder, "init", 4));
    symbol_builder_cfi_delta(builder, 0x1004, symbol_builder_text(builder, "delta", 5));
    symbol_builder_win(builder, &(struct symbol_win){.type = SYMBOL_WIN_FRAME_DATA, .rva = 0x1000, .size = 0x40, .program = "program"});
    symbol_builder_win(builder, &(struct symbol_win){.type = SYMBOL_WIN_FPO, .rva = 0x1040, .size = 0x40});
    symbol_builder_entry(builder, &(struct symbol_entry){0x1000, 0x40, 0x5000});
    symbol_builder_image(builder, 0x5000, "bytes", 5);
    symbol_builder_property(builder, SYMBOL_PROPERTY_DEBUG_ID, "ABC1", 4);
    symbol_builder_note(builder, "a note");
    buffer_init(&out, 1 << 20);
    assert_status(symbol_builder_append(builder, &out), ST_OK);
    symbol_builder_free(builder);
    *ret_size = out.len;
    return (uint8_t *)buffer_take(&out);
}

static void sym_when_truncated_at_any_byte_is_refused_or_a_part(void **state)
{
    const char *why;
    unsigned parts = 0;

    (void)state;
    for (size_t size = 0; size < sizeof sample; size++) {
        char *copy = malloc(size ? size : 1);
        struct symbol_table *table;

        assert_non_null(copy);
        memcpy(copy, sample, size);
        why = NULL;
        table = symbols_from_sym(copy, size, size ? size : 1, &why);
        if (table) {
            bool cut = size && copy[size - 1] != '\n';

            parts++;
            symbols_touch(table);
            if (cut && !symbols_note_count(table))
                fail_msg("the cut at %zu was not noted", size);
            symbols_close(table);
        } else {
            assert_non_null(why);
        }
        free(copy);
    }
    assert_true(parts > sizeof sample / 2);
}

static void sym_when_bytes_are_flipped_is_refused_or_a_part(void **state)
{
    uint64_t seed = 1, start = clock_steady_ms();
    const char *why;

    (void)state;
    for (unsigned round = 0; round < FLIP_ROUNDS; round++) {
        char copy[sizeof sample];
        struct symbol_table *table;

        memcpy(copy, sample, sizeof sample);
        for (unsigned i = 0; i <= round % 8; i++)
            copy[next_number(&seed) % (sizeof sample - 1)] ^= (char)(1u << next_number(&seed) % 8);
        table = symbols_from_sym(copy, sizeof sample - 1, sizeof sample, &why);
        if (table)
            symbols_touch(table);
        symbols_close(table);
    }
    assert_true(clock_steady_ms() - start < 6 * MAX_WALL_MS);
}

static void table_when_truncated_at_any_byte_is_refused(void **state)
{
    struct symbol_table *table = NULL;
    size_t size;
    uint8_t *bytes = table_bytes(&size);

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);

        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        assert_status(symbols_open(&table, (struct span){copy, cut}), cut < 8 ? ST_FORMAT : ST_TRUNCATED);
        free(copy);
    }
    assert_status(symbols_open(&table, (struct span){bytes, size}), ST_OK);
    symbols_touch(table);
    symbols_close(table);
    free(bytes);
}

static void table_when_any_bit_is_flipped_is_refused(void **state)
{
    struct symbol_table *table = NULL;
    size_t size;
    uint8_t *bytes = table_bytes(&size);

    (void)state;
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (symbols_open(&table, (struct span){bytes, size}) == ST_OK)
            fail_msg("the flip of bit %zu of byte %zu was not seen", bit % 8, bit / 8);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes);
}

static void table_when_version_is_another_is_refused(void **state)
{
    struct symbol_table *table = NULL;
    size_t size;
    uint8_t *bytes = table_bytes(&size);

    (void)state;
    bytes_put_u32(bytes + CACHE_OFFSET_VERSION, CACHE_VERSION + 1);
    assert_status(symbols_open(&table, (struct span){bytes, size}), ST_VERSION);
    bytes_put_u32(bytes + CACHE_OFFSET_VERSION, CACHE_VERSION);
    bytes_put_u32(bytes + CACHE_OFFSET_HEADER, CACHE_HEADER_BYTES - 16);
    assert_status(symbols_open(&table, (struct span){bytes, size}), ST_VERSION);
    free(bytes);
}

/* Whoever can write the checksum can write anything: look-ups must hold without it. */
static void table_when_its_maker_lies_is_read_safely(void **state)
{
    static const uint8_t nasty[] = {0, 1, 0x7f, 0x80, 0xff};
    uint64_t seed = 7, start = clock_steady_ms();
    struct symbol_table *table = NULL;
    unsigned opened = 0;
    size_t size;
    uint8_t *bytes = table_bytes(&size), *copy = malloc(size);

    (void)state;
    assert_non_null(copy);
    for (unsigned round = 0; round < FLIP_ROUNDS; round++) {
        memcpy(copy, bytes, size);
        for (unsigned i = 0; i <= round % 6; i++) {
            size_t at = CACHE_OFFSET_SECTIONS + (round % 3 ? 16 * CACHE_SECTIONS : 0);

            copy[at + next_number(&seed) % (size - at)] = nasty[next_number(&seed) % sizeof nasty];
        }
        symbols_reseal(copy, size);
        if (symbols_open(&table, (struct span){copy, size}) == ST_OK) {
            opened++;
            symbols_touch(table);
            symbols_close(table);
        }
    }
    assert_true(opened > FLIP_ROUNDS / 4);
    assert_true(clock_steady_ms() - start < 6 * MAX_WALL_MS);
    free(copy);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sym_when_truncated_at_any_byte_is_refused_or_a_part),
        cmocka_unit_test(sym_when_bytes_are_flipped_is_refused_or_a_part),
        cmocka_unit_test(table_when_truncated_at_any_byte_is_refused),
        cmocka_unit_test(table_when_any_bit_is_flipped_is_refused),
        cmocka_unit_test(table_when_version_is_another_is_refused),
        cmocka_unit_test(table_when_its_maker_lies_is_read_safely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
