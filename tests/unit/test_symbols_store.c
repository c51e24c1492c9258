/* test_symbols_store.c - symbol folders in every layout, what may not be followed, and what the store keeps and remembers. */
#include "unit.h"

#include "base/thread.h"
#include "symbols/locate.h"
#include "symbols/store.h"

#define ID "5A9832E5287241C1838ED98914E9B7FF1"

static void put(void **state, const char *name, const char *text)
{
    char *path = in_scratch(state, name), *folder = in_scratch(state, name);

    folder[path_base(folder) - folder] = 0;
    assert_status(folder_create(folder), ST_OK);
    assert_status(file_write_whole(path, text, strlen(text)), ST_OK);
    free(folder);
    free(path);
}

/* What a search saw, as names below the scratch folder. */
struct seen {
    const char *root;
    char names[4][256];
    unsigned count;
    bool takes;
};

static bool see(void *context, const char *path)
{
    struct seen *seen = context;

    assert_true(seen->count < 4);
    assert_true(text_starts(path, seen->root));
    snprintf(seen->names[seen->count++], sizeof seen->names[0], "%s", path + strlen(seen->root) + 1);
    return seen->takes;
}

static enum locate_result locate(void **state, enum locate_kind kind, const char *name, const char *id, struct seen *ret)
{
    const struct locate_request request = {kind, name, id, see, NULL, ret};

    *ret = (struct seen){.root = *state, .takes = true};
    return locate_in(*state, &request);
}

static void check_found(void **state, enum locate_kind kind, const char *name, const char *id, const char *expected)
{
    struct seen seen;

    assert_int_equal(locate(state, kind, name, id, &seen), LOCATE_ACCEPTED);
    if (!text_equal_nocase(seen.names[0], expected)) /* Windows finds a name however it is spelled */
        assert_string_equal(seen.names[0], expected);
}

static void locate_when_layout_is_symstore_finds_it(void **state)
{
    put(state, "Foo.pdb/" ID "/Foo.pdb", "x");
    check_found(state, LOCATE_PDB, "C:\\build\\Foo.pdb", ID, "Foo.pdb/" ID "/Foo.pdb");
    check_found(state, LOCATE_PDB, "foo.PDB", ID, "Foo.pdb/" ID "/Foo.pdb");
}

static void locate_when_layout_is_symstore_of_two_levels_finds_it(void **state)
{
    put(state, "ap/app.exe/4F2B12000/app.exe", "x");
    check_found(state, LOCATE_PE, "app.exe", "4F2B12000", "ap/app.exe/4F2B12000/app.exe");
}

static void locate_when_layout_is_ssqp_finds_it(void **state)
{
    put(state, "foo.pdb/5a9832e5287241c1838ed98914e9b7ff1/foo.pdb", "x");
    check_found(state, LOCATE_PDB, "Foo.pdb", ID, "foo.pdb/5a9832e5287241c1838ed98914e9b7ff1/foo.pdb");
}

static void locate_when_layout_is_breakpad_finds_it(void **state)
{
    put(state, "foo.pdb/" ID "/foo.sym", "x");
    put(state, "libx.so/ABC0/libx.so.sym", "x");
    check_found(state, LOCATE_SYM, "foo.pdb", ID, "foo.pdb/" ID "/foo.sym");
    check_found(state, LOCATE_SYM, "libx.so", "ABC0", "libx.so/ABC0/libx.so.sym");
}

static void locate_when_file_lies_in_the_folder_itself_offers_it_last(void **state)
{
    struct seen seen;
    const struct locate_request request = {LOCATE_PDB, "foo.pdb", ID, see, NULL, &seen};

    put(state, "foo.pdb/" ID "/foo.pdb", "x");
    seen = (struct seen){.root = *state};
    assert_int_equal(locate_in(*state, &request), LOCATE_NOTHING);
    assert_int_equal(seen.count, 1);
    put(state, "flat.pdb", "x");
    check_found(state, LOCATE_PDB, "flat.pdb", ID, "flat.pdb");
}

static void locate_when_only_an_archive_is_there_says_so(void **state)
{
    struct seen seen;

    put(state, "foo.pdb/" ID "/foo.pd_", "MSCF");
    assert_int_equal(locate(state, LOCATE_PDB, "foo.pdb", ID, &seen), LOCATE_ARCHIVE);
    assert_int_equal(seen.count, 0);
}

static void locate_when_pointer_stays_inside_follows_it(void **state)
{
    char text[256];

    put(state, "elsewhere/foo.pdb", "x");
    put(state, "foo.pdb/" ID "/file.ptr", "PATH:elsewhere\\foo.pdb\r\n");
    check_found(state, LOCATE_PDB, "foo.pdb", ID, "elsewhere/foo.pdb");
    snprintf(text, sizeof text, "PATH:%s/elsewhere/foo.pdb", (const char *)*state);
    put(state, "foo.pdb/" ID "/file.ptr", text);
    check_found(state, LOCATE_PDB, "foo.pdb", ID, "elsewhere/foo.pdb");
}

static void locate_when_pointer_leads_out_refuses_it(void **state)
{
    static const char *const targets[] = {"PATH:../secret",
                                          "PATH:a/../../secret",
                                          "PATH:/etc/passwd",
                                          "PATH:C:\\secret",
                                          "PATH:\\\\host\\x\\y",
                                          "MSG: ask somebody",
                                          "PATH:",
                                          "nonsense",
                                          "PATH:a//b",
                                          "PATH:./elsewhere/foo.pdb"};
    struct seen seen;

    put(state, "elsewhere/foo.pdb", "x");
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        put(state, "foo.pdb/" ID "/file.ptr", targets[i]);
        assert_int_equal(locate(state, LOCATE_PDB, "foo.pdb", ID, &seen), LOCATE_OUTSIDE);
        assert_int_equal(seen.count, 0);
    }
}

static void locate_when_name_or_id_is_hostile_looks_for_nothing(void **state)
{
    static const char *const names[] = {"", "..", "a/..", "con", "nul.pdb", "a*b", "x:y", "a\nb"};
    static const char *const ids[] = {"", "..", "../x", "AB/CD", "XYZ", "AB CD"};
    struct seen seen;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(locate(state, LOCATE_PDB, names[i], ID, &seen), LOCATE_NO_NAME);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        assert_int_equal(locate(state, LOCATE_PDB, "foo.pdb", ids[i], &seen), LOCATE_NO_NAME);
}

#define SYM_PATH     "symbols/t.pdb/" ID "/t.sym"
#define SYM_TEXT(f)  "MODULE windows x86_64 " ID " t.pdb\nFUNC 1000 10 0 " f "\n"
#define CACHED_TABLE "cache/sym-t.pdb-5a9832e5287241c1838ed98914e9b7ff1.table"

/* One answer from a store of its own, so that nothing is remembered from before; *ret must be freed before the next. */
static struct symbol_store *ask(void **state, bool has_cache, struct symbol_answer *ret)
{
    char *cache = in_scratch(state, "cache"), *symbols = in_scratch(state, "symbols");
    struct symbol_store *store = NULL;

    assert_status(symbol_store_create(&store, has_cache ? cache : NULL), ST_OK);
    assert_status(symbol_store_add(store, symbols), ST_OK);
    assert_status(symbol_store_get(store, LOCATE_SYM, "c:\\x\\T.pdb", ID, ret), ST_OK);
    free(cache);
    free(symbols);
    return store;
}

static void check_function(const struct symbol_answer *answer, const char *expected)
{
    struct symbol_frame frame;
    size_t count;

    assert_status(answer->status, ST_OK);
    assert_status(symbols_lookup(answer->table, 0x1000, &frame, 1, &count), ST_OK);
    assert_string_equal(frame.function, expected);
}

static void store_when_symbols_are_there_compiles_them_once(void **state)
{
    struct symbol_answer answer;
    struct symbol_store *store;

    put(state, SYM_PATH, SYM_TEXT("one"));
    store = ask(state, true, &answer);
    check_function(&answer, "one");
    assert_true(text_ends_nocase(answer.file, "t.sym"));
    assert_false(answer.is_cached);
    symbol_store_free(store);
    store = ask(state, true, &answer);
    check_function(&answer, "one");
    assert_true(answer.is_cached);
    symbol_store_free(store);
}

static void store_when_symbols_are_replaced_compiles_them_again(void **state)
{
    struct symbol_answer answer;
    struct symbol_store *store;

    put(state, SYM_PATH, SYM_TEXT("one"));
    symbol_store_free(ask(state, true, &answer));
    put(state, SYM_PATH, SYM_TEXT("another"));
    store = ask(state, true, &answer);
    check_function(&answer, "another");
    symbol_store_free(store);
}

static void store_when_symbols_are_gone_uses_what_it_kept(void **state)
{
    char *symbols = in_scratch(state, "symbols");
    struct symbol_answer answer;
    struct symbol_store *store;

    put(state, SYM_PATH, SYM_TEXT("one"));
    symbol_store_free(ask(state, true, &answer));
    scratch_remove(symbols);
    store = ask(state, true, &answer);
    check_function(&answer, "one");
    assert_string_equal(answer.file, "");
    symbol_store_free(store);
    free(symbols);
}

static void store_when_cached_table_is_damaged_compiles_it_again(void **state)
{
    char *cached = in_scratch(state, CACHED_TABLE);
    struct symbol_answer answer;
    struct symbol_store *store;
    struct buffer bytes;

    put(state, SYM_PATH, SYM_TEXT("one"));
    symbol_store_free(ask(state, true, &answer));
    buffer_init(&bytes, 1 << 20);
    assert_status(file_read_whole(cached, 1 << 20, &bytes), ST_OK);
    bytes.data[bytes.len - 3] ^= 1;
    assert_status(file_write_whole(cached, bytes.data, bytes.len), ST_OK);
    buffer_done(&bytes);
    store = ask(state, true, &answer);
    check_function(&answer, "one");
    symbol_store_free(store);
    free(cached);
}

static void store_when_there_is_no_cache_keeps_tables_in_memory(void **state)
{
    char *cache = in_scratch(state, "cache");
    struct symbol_answer answer;
    struct symbol_store *store;
    struct file_info info;

    put(state, SYM_PATH, SYM_TEXT("one"));
    store = ask(state, false, &answer);
    check_function(&answer, "one");
    symbol_store_free(store);
    assert_status(file_stat(cache, &info), ST_NOT_FOUND);
    free(cache);
}

static void store_when_symbols_are_of_another_build_refuses_them(void **state)
{
    struct symbol_answer answer;
    struct symbol_store *store;

    put(state, SYM_PATH, "MODULE windows x86_64 0000 t.pdb\nFUNC 1000 10 0 wrong\n");
    store = ask(state, true, &answer);
    assert_status(answer.status, ST_REFUSED);
    assert_null(answer.table);
    assert_string_equal(answer.why, "belongs to another build: its id is not the module's");
    assert_true(text_ends_nocase(answer.file, "t.sym"));
    symbol_store_free(store);
}

static void store_when_first_folder_has_another_build_goes_on(void **state)
{
    char *second = in_scratch(state, "second");
    struct symbol_answer answer;
    struct symbol_store *store = NULL;
    char *first = in_scratch(state, "symbols");

    put(state, SYM_PATH, "MODULE windows x86_64 0000 t.pdb\nFUNC 1000 10 0 wrong\n");
    put(state, "second/t.sym", SYM_TEXT("right"));
    assert_status(symbol_store_create(&store, NULL), ST_OK);
    assert_status(symbol_store_add(store, first), ST_OK);
    assert_status(symbol_store_add(store, second), ST_OK);
    assert_status(symbol_store_get(store, LOCATE_SYM, "t.pdb", ID, &answer), ST_OK);
    check_function(&answer, "right");
    symbol_store_free(store);
    free(first);
    free(second);
}

static void store_when_symbols_are_damaged_says_so_and_remembers(void **state)
{
    struct symbol_answer answer, again;
    struct symbol_store *store;
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "MODULE windows x86_64 " ID " t.pdb\n");

    for (unsigned i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "no symbols here\n");
    put(state, SYM_PATH, text);
    store = ask(state, true, &answer);
    assert_status(answer.status, ST_FORMAT);
    assert_null(answer.table);
    assert_string_equal(answer.why, "is damaged: most of its lines are not those of a Breakpad symbol file");
    put(state, SYM_PATH, SYM_TEXT("mended"));
    assert_status(symbol_store_get(store, LOCATE_SYM, "t.pdb", ID, &again), ST_OK);
    assert_status(again.status, ST_FORMAT);
    symbol_store_free(store);
    store = ask(state, true, &answer);
    check_function(&answer, "mended");
    symbol_store_free(store);
}

static void store_when_nothing_is_there_remembers_that(void **state)
{
    struct symbol_answer answer;
    struct symbol_store *store = ask(state, true, &answer);

    assert_status(answer.status, ST_NOT_FOUND);
    assert_string_equal(answer.file, "");
    put(state, SYM_PATH, SYM_TEXT("late"));
    assert_status(symbol_store_get(store, LOCATE_SYM, "T.PDB", "5a9832e5287241c1838ed98914e9b7ff1", &answer), ST_OK);
    assert_status(answer.status, ST_NOT_FOUND);
    symbol_store_free(store);
}

/* Writes a file anew until it is younger than another: file systems count time in steps. */
static void put_younger(void **state, const char *name, const char *than)
{
    char *path = in_scratch(state, name), *other = in_scratch(state, than);
    struct file_info info = {0}, old = {0};

    assert_status(file_stat(other, &old), ST_OK);
    do {
        put(state, name, "1234567890");
        assert_status(file_stat(path, &info), ST_OK);
    } while (info.modified_unix_ms <= old.modified_unix_ms);
    free(path);
    free(other);
}

static void trim_when_cache_is_too_big_removes_the_oldest(void **state)
{
    char *cache = in_scratch(state, "cache"), *old = in_scratch(state, "cache/b.table"), *young = in_scratch(state, "cache/a.table"),
         *other = in_scratch(state, "cache/notes.txt");
    struct file_info info;

    put(state, "cache/b.table", "1234567890");
    put_younger(state, "cache/a.table", "cache/b.table");
    put(state, "cache/notes.txt", "not ours");
    assert_status(symbol_store_trim(cache, 20), ST_OK);
    assert_status(file_stat(old, &info), ST_OK);
    assert_status(symbol_store_trim(cache, 19), ST_OK);
    assert_status(file_stat(old, &info), ST_NOT_FOUND);
    assert_status(file_stat(young, &info), ST_OK);
    assert_status(symbol_store_trim(cache, 0), ST_OK);
    assert_status(file_stat(young, &info), ST_NOT_FOUND);
    assert_status(file_stat(other, &info), ST_OK);
    free(cache);
    free(old);
    free(young);
    free(other);
}

#define USED_ID   "000000000000000000000000000000011"
#define USED_TEXT "MODULE windows x86_64 " USED_ID " a.pdb\nFUNC 1000 10 0 f\n"

static const struct symbol_table *table_of(struct symbol_store *store, const char *name, bool is_cached)
{
    struct symbol_answer answer;

    assert_status(symbol_store_get(store, LOCATE_SYM, name, USED_ID, &answer), ST_OK);
    assert_status(answer.status, ST_OK);
    assert_int_equal(answer.is_cached, is_cached);
    return answer.table;
}

static struct symbol_store *store_over(const char *cache, const char *folder)
{
    struct symbol_store *store = NULL;

    assert_status(symbol_store_create(&store, cache), ST_OK);
    assert_status(symbol_store_add(store, folder), ST_OK);
    return store;
}

static void trim_when_an_old_table_was_used_again_removes_the_other(void **state)
{
    char *cache = in_scratch(state, "cache"), *a = symbol_store_table_path(cache, LOCATE_SYM, "a.pdb", USED_ID),
         *b = symbol_store_table_path(cache, LOCATE_SYM, "b.pdb", USED_ID);
    struct symbol_store *store;
    struct file_info info = {0};

    put(state, "a.pdb/" USED_ID "/a.sym", USED_TEXT);
    put(state, "b.pdb/" USED_ID "/b.sym", USED_TEXT);
    store = store_over(cache, *state);
    table_of(store, "a.pdb", false);
    assert_status(file_stat(a, &info), ST_OK);
    put_younger(state, "clock", a + strlen(*state) + 1);
    table_of(store, "b.pdb", false);
    symbol_store_free(store);
    put_younger(state, "clock", b + strlen(*state) + 1);
    store = store_over(cache, *state);
    table_of(store, "a.pdb", true);
    symbol_store_free(store);
    assert_status(symbol_store_trim(cache, info.size_bytes), ST_OK);
    assert_status(file_stat(a, &info), ST_OK);
    assert_status(file_stat(b, &info), ST_NOT_FOUND);
    free(b);
    free(a);
    free(cache);
}

/* Whoever has a table open keeps it; who comes later makes it again. */
static void trim_when_a_table_is_open_leaves_its_reader_alone(void **state)
{
    char *cache = in_scratch(state, "cache");
    struct symbol_store *reader, *later;
    struct symbol_frame frame;
    const struct symbol_table *table;
    size_t count = 0;

    put(state, "a.pdb/" USED_ID "/a.sym", USED_TEXT);
    reader = store_over(cache, *state);
    table = table_of(reader, "a.pdb", false);
    assert_status(symbol_store_trim(cache, 0), ST_OK);
    assert_status(symbols_lookup(table, 0x1004, &frame, 1, &count), ST_OK);
    assert_string_equal(frame.function, "f");
    symbol_store_free(reader);
    assert_status(symbol_store_trim(cache, 0), ST_OK);
    later = store_over(cache, *state);
    assert_status(symbols_lookup(table_of(later, "a.pdb", false), 0x1004, &frame, 1, &count), ST_OK);
    assert_string_equal(frame.function, "f");
    symbol_store_free(later);
    free(cache);
}

static void trim_when_a_table_has_its_unpacked_file_both_go_or_stay(void **state)
{
    char *cache = in_scratch(state, "cache"), *file = in_scratch(state, "cache/old.unpacked"),
         *table = in_scratch(state, "cache/old.table"), *other = in_scratch(state, "cache/middle.table");
    struct file_info info;

    put(state, "cache/old.unpacked", "1234567890");
    put_younger(state, "cache/middle.table", "cache/old.unpacked");
    put_younger(state, "cache/old.table", "cache/middle.table");
    assert_status(symbol_store_trim(cache, 29), ST_OK);
    assert_status(file_stat(other, &info), ST_NOT_FOUND);
    assert_status(file_stat(file, &info), ST_OK);
    assert_status(file_stat(table, &info), ST_OK);
    free(other);
    free(table);
    free(file);
    free(cache);
}

#define USERS  3u
#define ROUNDS 150u

struct user {
    const char *cache, *folder;
    unsigned found; /* rounds in which both tables were there and right */
    unsigned cached;
};

static void use_tables(void *context)
{
    static const char *const names[] = {"a.pdb", "b.pdb"};
    struct user *user = context;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct symbol_store *store = NULL;
        unsigned right = 0;

        if (symbol_store_create(&store, user->cache) != ST_OK || symbol_store_add(store, user->folder) != ST_OK)
            return;
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            struct symbol_answer answer;
            struct symbol_frame frame;
            size_t count = 0;

            right += symbol_store_get(store, LOCATE_SYM, names[i], USED_ID, &answer) == ST_OK && answer.status == ST_OK &&
                     symbols_lookup(answer.table, 0x1004, &frame, 1, &count) == ST_OK && strcmp(frame.function, "f") == 0;
            user->cached += answer.is_cached;
        }
        user->found += right == COUNT_OF(names);
        symbol_store_free(store);
    }
}

static void trim_when_others_read_and_write_meanwhile_all_find_their_tables(void **state)
{
    char *cache = in_scratch(state, "cache");
    struct user users[USERS];
    struct thread *threads[USERS];
    unsigned cached = 0;

    put(state, "a.pdb/" USED_ID "/a.sym", USED_TEXT);
    put(state, "b.pdb/" USED_ID "/b.sym", USED_TEXT);
    assert_status(folder_create(cache), ST_OK);
    for (unsigned i = 0; i < USERS; i++) {
        users[i] = (struct user){.cache = cache, .folder = *state};
        assert_status(thread_start(&threads[i], use_tables, &users[i]), ST_OK);
    }
    for (unsigned round = 0; round < ROUNDS; round++)
        symbol_store_trim(cache, round % 2 * 1000); /* what is gone before it is looked at is none of its errors */
    for (unsigned i = 0; i < USERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(users[i].found, ROUNDS);
        cached += users[i].cached;
    }
    assert_true(cached > 0 && cached < 2 * USERS * ROUNDS);
    assert_status(symbol_store_trim(cache, 0), ST_OK);
    free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_scratch(locate_when_layout_is_symstore_finds_it),
        test_in_scratch(locate_when_layout_is_symstore_of_two_levels_finds_it),
        test_in_scratch(locate_when_layout_is_ssqp_finds_it),
        test_in_scratch(locate_when_layout_is_breakpad_finds_it),
        test_in_scratch(locate_when_file_lies_in_the_folder_itself_offers_it_last),
        test_in_scratch(locate_when_only_an_archive_is_there_says_so),
        test_in_scratch(locate_when_pointer_stays_inside_follows_it),
        test_in_scratch(locate_when_pointer_leads_out_refuses_it),
        test_in_scratch(locate_when_name_or_id_is_hostile_looks_for_nothing),
        test_in_scratch(store_when_symbols_are_there_compiles_them_once),
        test_in_scratch(store_when_symbols_are_replaced_compiles_them_again),
        test_in_scratch(store_when_symbols_are_gone_uses_what_it_kept),
        test_in_scratch(store_when_cached_table_is_damaged_compiles_it_again),
        test_in_scratch(store_when_there_is_no_cache_keeps_tables_in_memory),
        test_in_scratch(store_when_symbols_are_of_another_build_refuses_them),
        test_in_scratch(store_when_first_folder_has_another_build_goes_on),
        test_in_scratch(store_when_symbols_are_damaged_says_so_and_remembers),
        test_in_scratch(store_when_nothing_is_there_remembers_that),
        test_in_scratch(trim_when_cache_is_too_big_removes_the_oldest),
        test_in_scratch(trim_when_an_old_table_was_used_again_removes_the_other),
        test_in_scratch(trim_when_a_table_is_open_leaves_its_reader_alone),
        test_in_scratch(trim_when_a_table_has_its_unpacked_file_both_go_or_stay),
        test_in_scratch(trim_when_others_read_and_write_meanwhile_all_find_their_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
