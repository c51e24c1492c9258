/* test_minicut.c - a full dump cut down still tells all but its memory, and damaged ones do no harm. */
#include "minidump/minidump.h"
#include "support_minidump.h"
#include "support_spool.h"
#include "uploader/minicut.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define HEAP_BYTES  (300 * 1024)
#define STACK_BYTES 4096
#define STREAMS     0x53560001u /* a user stream: the record */

static const char record[] = "format=1\napp=app.exe\n";

static void thread_put(uint8_t *entry, uint32_t id, uint64_t stack, uint32_t context_bytes, uint32_t context)
{
    memset(entry, 0, 48);
    bytes_put_u32(entry, id);
    bytes_put_u64(entry + 24, stack);
    bytes_put_u32(entry + 40, context_bytes);
    bytes_put_u32(entry + 44, context);
}

/* As dbghelp writes it: two threads whose stacks lie in the run of memory, heap between them; and what was added behind the run. */
static struct span full_dump(struct dump *dump, bool has_tail)
{
    uint8_t context[1232], threads[4 + 2 * 48], list[16 + 3 * 16], names[4 + 12], *memory = calloc(1, HEAP_BYTES + 2 * STACK_BYTES);
    size_t context_bytes = dump_context(CPU_AMD64, 0x140001450, 0x10100, context);
    uint32_t at;

    dump_begin(dump, CPU_AMD64);
    dump_add_exception(dump, 7, 0xc0000005, 0x140001450, (const uint64_t[]){1, 0x10}, 2);
    at = dump_put(dump, context, context_bytes);
    bytes_put_u32(threads, 2);
    thread_put(threads + 4, 7, 0x10100, (uint32_t)context_bytes, at);
    thread_put(threads + 52, 8, 0x20000, (uint32_t)context_bytes, at);
    dump_add_stream(dump, 3, threads, sizeof threads);
    memset(memory, 1, STACK_BYTES);
    memset(memory + STACK_BYTES, 2, HEAP_BYTES);
    memset(memory + STACK_BYTES + HEAP_BYTES, 3, STACK_BYTES);
    at = dump_put(dump, memory, HEAP_BYTES + 2 * STACK_BYTES);
    free(memory);
    bytes_put_u64(list, 3);
    bytes_put_u64(list + 8, at);
    bytes_put_u64(list + 16, 0x10000);
    bytes_put_u64(list + 24, STACK_BYTES);
    bytes_put_u64(list + 32, 0x800000);
    bytes_put_u64(list + 40, HEAP_BYTES);
    bytes_put_u64(list + 48, 0x20000);
    bytes_put_u64(list + 56, STACK_BYTES);
    dump_add_stream(dump, 9, list, sizeof list);
    if (has_tail) {
        bytes_put_u32(names, 1);
        bytes_put_u32(names + 4, 7);
        bytes_put_u64(names + 8, dump_put_string(dump, "main"));
        dump_add_stream(dump, 24, names, sizeof names);
        dump_add_stream(dump, STREAMS, record, sizeof record - 1);
    }
    struct span bytes = dump_finish(dump);

    dump->bytes.data[24] |= 2; /* MiniDumpWithFullMemory */
    return bytes;
}

/* A file with these bytes. */
static void file_with(const char *dir, const void *bytes, size_t size, struct file *ret)
{
    char *path = path_joined(dir, "full.dmp");

    assert_int_equal(file_open(ret, path, FILE_MODE_REPLACE), ST_OK);
    assert_int_equal(file_write(ret, bytes, size), ST_OK);
    free(path);
}

static void pieces_check(const struct minicut *cut, uint64_t size_bytes)
{
    uint64_t total = 0;

    for (size_t i = 0; i < cut->piece_count; i++) {
        const struct minicut_piece *piece = &cut->pieces[i];

        assert_true(piece->size_bytes > 0);
        if (!piece->bytes)
            assert_true(piece->offset <= size_bytes && piece->size_bytes <= size_bytes - piece->offset);
        total += piece->size_bytes;
    }
    assert_int_equal(total, cut->size_bytes);
    assert_true(total < size_bytes);
}

static void cut_read(const struct minicut *cut, struct file *file, struct buffer *out)
{
    buffer_init(out, 1 << 20);
    for (size_t i = 0; i < cut->piece_count; i++) {
        const struct minicut_piece *piece = &cut->pieces[i];

        assert_int_equal(buffer_reserve(out, (size_t)piece->size_bytes), ST_OK);
        if (piece->bytes)
            memcpy(out->data + out->len, piece->bytes, (size_t)piece->size_bytes);
        else
            assert_int_equal(file_read_at(file, piece->offset, out->data + out->len, (size_t)piece->size_bytes), ST_OK);
        out->len += (size_t)piece->size_bytes;
    }
}

static void memory_expect(const struct minidump *minidump, uint64_t address, uint8_t byte)
{
    struct span bytes;

    assert_true(minidump_memory_at(minidump, address, &bytes));
    assert_int_equal(bytes.data[0], byte);
    assert_int_equal(bytes.data[bytes.len - 1], byte);
}

static void cut_expect(struct span bytes, bool has_tail)
{
    struct minidump *minidump = NULL;
    struct cpu_state registers;
    const char *why = NULL;
    struct span heap;

    assert_int_equal(minidump_open(&minidump, bytes, &why), ST_OK);
    assert_int_equal(minidump->soft_error_count, 0);
    assert_int_equal(minidump->flags & 2, 0);
    assert_int_equal(minidump->thread_count, 2);
    assert_int_equal(minidump_crashing_thread(minidump), 0);
    assert_null(minidump_thread_state(minidump, 0, &registers));
    memory_expect(minidump, 0x10100, 1);
    memory_expect(minidump, 0x10fff, 1);
    memory_expect(minidump, 0x20000, 3);
    assert_false(minidump_memory_at(minidump, 0x800000, &heap));
    assert_int_equal(minidump->record.len, has_tail ? sizeof record - 1 : 0);
    if (has_tail) {
        assert_memory_equal(minidump->record.data, record, sizeof record - 1);
        assert_string_equal(minidump->threads[0].name, "main");
    }
    minidump_close(minidump);
}

static void minicut_when_dump_is_full_keeps_all_but_the_heap(void **state)
{
    char *dir = support_folder();

    (void)state;
    for (int has_tail = 0; has_tail < 2; has_tail++) {
        struct dump dump;
        struct span bytes = full_dump(&dump, has_tail);
        struct file file;
        struct minicut cut;
        struct buffer out;

        file_with(dir, bytes.data, bytes.len, &file);
        assert_int_equal(minicut_plan(&cut, &file, bytes.len), ST_OK);
        pieces_check(&cut, bytes.len);
        assert_true(cut.size_bytes < bytes.len - HEAP_BYTES + 100);
        cut_read(&cut, &file, &out);
        cut_expect((struct span){out.data, out.len}, has_tail);
        buffer_done(&out);
        minicut_done(&cut);
        minicut_done(&cut);
        file_close(&file);
        dump_done(&dump);
    }
    support_folder_drop(dir);
}

static enum status planned(const char *dir, struct span bytes)
{
    struct file file;
    struct minicut cut;
    enum status status;

    file_with(dir, bytes.data, bytes.len, &file);
    status = minicut_plan(&cut, &file, bytes.len);
    if (status == ST_OK)
        pieces_check(&cut, bytes.len);
    minicut_done(&cut);
    file_close(&file);
    return status;
}

static void minicut_when_dump_is_small_already_says_so(void **state)
{
    char *dir = support_folder();
    struct dump dump;

    (void)state;
    assert_int_equal(planned(dir, dump_typical(&dump)), ST_NOT_FOUND);
    dump_done(&dump);
    support_folder_drop(dir);
}

static void minicut_when_something_behind_the_memory_cannot_move_leaves_the_dump_alone(void **state)
{
    char *dir = support_folder();
    struct dump dump;
    struct span bytes = full_dump(&dump, true);

    (void)state;
    for (size_t i = 0; i < dump.stream_count; i++) { /* the record becomes an exception, which points at a context */
        uint8_t *entry = dump.bytes.data + bytes_u32(dump.bytes.data + 12) + i * 12;

        if (bytes_u32(entry) == STREAMS)
            bytes_put_u32(entry, 6);
    }
    assert_int_equal(planned(dir, bytes), ST_UNSUPPORTED);
    dump_done(&dump);
    support_folder_drop(dir);
}

static void minicut_when_dump_is_damaged_anywhere_plans_within_the_file(void **state)
{
    static const uint8_t bad[] = {0, 1, 0x7f, 0xff};
    char *dir = support_folder();
    struct dump dump;
    struct span bytes = full_dump(&dump, true);
    size_t head = bytes.len - HEAP_BYTES - 2 * STACK_BYTES;

    (void)state;
    for (size_t i = 0; i < head; i++) { /* everything but the memory */
        uint8_t *byte = dump.bytes.data + (i < head / 2 ? i : bytes.len - (head - i)), was = *byte;

        if (i >= 64 && i % 3)
            continue;
        *byte = bad[i % 4];
        planned(dir, bytes);
        *byte = was;
    }
    for (size_t size = 0; size < bytes.len; size += size < 4096 ? 13 : 9973)
        assert_int_not_equal(planned(dir, (struct span){bytes.data, size}), ST_OK);
    dump_done(&dump);
    support_folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minicut_when_dump_is_full_keeps_all_but_the_heap),
        cmocka_unit_test(minicut_when_dump_is_small_already_says_so),
        cmocka_unit_test(minicut_when_something_behind_the_memory_cannot_move_leaves_the_dump_alone),
        cmocka_unit_test(minicut_when_dump_is_damaged_anywhere_plans_within_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
