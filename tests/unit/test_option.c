/* test_option.c - the option table, from the command line and from files. */
#include "base/option.h"
#include "unit.h"

static bool quiet, gzip;
static uint64_t count, size, interval;
static const char *listen, *key;
static struct option_list dumps;

static const struct option table[] = {
    {"quiet", OPTION_FLAG, &quiet, 0, 0, NULL, "say less"},
    {"gzip", OPTION_FLAG, &gzip, 0, 0, NULL, "compress"},
    {"count", OPTION_NUMBER, &count, 1, 100, "N", "how many"},
    {"max-size", OPTION_SIZE, &size, 1024, 0, "SIZE", "how large"},
    {"scan-interval", OPTION_DURATION, &interval, 1000, 3600000, "TIME", "how often"},
    {"listen", OPTION_TEXT, &listen, 0, 0, "ADDR", "where to listen"},
    {"key", OPTION_TEXT, &key, 0, 0, "KEY", "ingest key"},
    {"dumps", OPTION_LIST, &dumps, 0, 0, "DIR", "folder to watch"},
};

static struct option_set *set;
static struct option_list rest;
static const char *message;

static int make_set(void **state)
{
    if (scratch_setup(state))
        return -1;
    quiet = false;
    gzip = true;
    count = 10;
    size = 10u << 20;
    interval = 5000;
    listen = "127.0.0.1:8700";
    key = NULL;
    dumps = rest = (struct option_list){0};
    message = NULL;
    return option_set_create(&set, table, COUNT_OF(table)) == ST_OK ? 0 : -1;
}

static int free_set(void **state)
{
    option_set_free(set);
    return scratch_teardown(state);
}

#define test_option(function) cmocka_unit_test_setup_teardown(function, make_set, free_set)

/* Parses up to six arguments behind the program's name. */
static enum status parse(const char *a, const char *b, const char *c, const char *d, const char *e, const char *f)
{
    const char *argv[] = {"program", a, b, c, d, e, f, NULL};
    int argc = 0;
    while (argv[argc])
        argc++;
    return option_parse_arguments(set, argc, (char **)argv, &rest, &message);
}

static void arguments_when_none_then_defaults_stay(void **state)
{
    (void)state;
    assert_status(parse(NULL, NULL, NULL, NULL, NULL, NULL), ST_OK);
    assert_int_equal(count, 10);
    assert_string_equal(listen, "127.0.0.1:8700");
    assert_int_equal(rest.count, 0);
}

static void arguments_when_value_follows_or_stands_behind_equals_then_same(void **state)
{
    (void)state;
    assert_status(parse("--count", "7", "--listen=[::1]:80", "--max-size", "2m", "--scan-interval=1m"), ST_OK);
    assert_int_equal(count, 7);
    assert_string_equal(listen, "[::1]:80");
    assert_int_equal(size, 2u << 20);
    assert_int_equal(interval, 60000);
}

static void arguments_when_value_is_empty_behind_equals_then_empty(void **state)
{
    (void)state;
    assert_status(parse("--key=", NULL, NULL, NULL, NULL, NULL), ST_OK);
    assert_string_equal(key, "");
}

static void arguments_when_value_holds_equals_then_kept(void **state)
{
    (void)state;
    assert_status(parse("--key=a=b", "--dumps", "x=y", NULL, NULL, NULL), ST_OK);
    assert_string_equal(key, "a=b");
    assert_string_equal(dumps.items[0], "x=y");
}

static void flags_when_given_then_on_off_or_said(void **state)
{
    (void)state;
    assert_status(parse("--quiet", "--no-gzip", NULL, NULL, NULL, NULL), ST_OK);
    assert_true(quiet);
    assert_false(gzip);
    assert_status(parse("--quiet=no", "--gzip=TRUE", NULL, NULL, NULL, NULL), ST_OK);
    assert_false(quiet);
    assert_true(gzip);
}

static void flags_when_followed_by_a_word_then_word_is_not_their_value(void **state)
{
    (void)state;
    assert_status(parse("--quiet", "no", NULL, NULL, NULL, NULL), ST_OK);
    assert_true(quiet);
    assert_int_equal(rest.count, 1);
    assert_string_equal(rest.items[0], "no");
}

static void rest_when_mixed_with_options_then_in_order(void **state)
{
    (void)state;
    assert_status(parse("run", "--count", "3", "a", "-", "b"), ST_OK);
    assert_int_equal(rest.count, 4);
    assert_string_equal(rest.items[0], "run");
    assert_string_equal(rest.items[1], "a");
    assert_string_equal(rest.items[2], "-");
    assert_string_equal(rest.items[3], "b");
}

static void rest_when_behind_two_dashes_then_never_options(void **state)
{
    (void)state;
    assert_status(parse("--count", "3", "--", "--count", "-x", "--"), ST_OK);
    assert_int_equal(count, 3);
    assert_int_equal(rest.count, 3);
    assert_string_equal(rest.items[0], "--count");
    assert_string_equal(rest.items[2], "--");
}

static void list_when_repeated_then_collects(void **state)
{
    (void)state;
    assert_status(parse("--dumps", "a", "--dumps=b", "--dumps", "c;d", NULL), ST_OK);
    assert_int_equal(dumps.count, 3);
    assert_string_equal(dumps.items[0], "a");
    assert_string_equal(dumps.items[1], "b");
    assert_string_equal(dumps.items[2], "c;d");
}

static void check_refused(const char *a, const char *b, const char *expected)
{
    assert_status(parse(a, b, NULL, NULL, NULL, NULL), ST_ARGUMENT);
    assert_string_equal(message, expected);
}

static void message_when_value_is_missing_then_says_what_kind(void **state)
{
    (void)state;
    check_refused("--listen", NULL, "--listen needs a value, such as 127.0.0.1:8700");
    check_refused("--listen", "--quiet", "--listen needs a value, such as 127.0.0.1:8700");
    check_refused("--key", NULL, "--key needs a value: --key KEY");
    check_refused("--dumps", NULL, "--dumps needs a value: --dumps DIR");
    check_refused("--count", NULL, "--count needs a value: a number");
    check_refused("--scan-interval", NULL, "--scan-interval needs a value: a duration, such as 30s");
    check_refused("--max-size", NULL, "--max-size needs a value: a size, such as 10m");
}

static void message_when_name_is_unknown_then_suggests_the_nearest(void **state)
{
    (void)state;
    check_refused("--liste", "x", "unknown option --liste; did you mean --listen?");
    check_refused("--lsiten=x", NULL, "unknown option --lsiten; did you mean --listen?");
    check_refused("--scan-intervall", "5s", "unknown option --scan-intervall; did you mean --scan-interval?");
    check_refused("--entirely-different", NULL, "unknown option --entirely-different");
    check_refused("--no-count", NULL, "unknown option --no-count");
    check_refused("--no-gzi", NULL, "unknown option --no-gzi; did you mean --no-gzip?");
    check_refused("-q", NULL, "unknown option -q: options begin with two dashes (--help lists them)");
}

static void message_when_value_is_malformed_then_says_what_is_wanted(void **state)
{
    (void)state;
    check_refused("--count", "many", "--count must be a number, not \"many\"");
    check_refused("--count=", NULL, "--count must be a number, not \"\"");
    check_refused("--max-size=10x", NULL, "--max-size must be a size, such as 10m, not \"10x\"");
    check_refused("--scan-interval=soon", NULL, "--scan-interval must be a duration, such as 30s, not \"soon\"");
    check_refused("--quiet=maybe", NULL, "--quiet must be yes or no, not \"maybe\"");
    check_refused("--no-quiet=yes", NULL, "unknown option --no-quiet; did you mean --no-quiet?");
}

static void bounds_when_at_the_edge_then_taken_and_outside_refused(void **state)
{
    (void)state;
    assert_status(parse("--count=1", NULL, NULL, NULL, NULL, NULL), ST_OK);
    assert_status(parse("--count=100", NULL, NULL, NULL, NULL, NULL), ST_OK);
    check_refused("--count=0", NULL, "--count must be between 1 and 100, not 0");
    check_refused("--count=101", NULL, "--count must be between 1 and 100, not 101");
    assert_int_equal(count, 100);
    check_refused("--max-size=1023", NULL, "--max-size must be at least 1k, not 1023");
    assert_status(parse("--max-size=1024", NULL, NULL, NULL, NULL, NULL), ST_OK);
    check_refused("--scan-interval=61m", NULL, "--scan-interval must be between 1s and 1h, not 61m");
}

static enum status parse_file(void **state, const char *text)
{
    char *path = in_scratch(state, "settings");
    assert_status(file_write_whole(path, text, strlen(text)), ST_OK);
    enum status status = option_parse_file(set, path, &message);
    free(path);
    return status;
}

static void file_when_well_formed_then_read(void **state)
{
    assert_status(parse_file(state, "\xef\xbb\xbf# comment\r\n\r\n  count = 42  \r\nlisten=0.0.0.0:1\n\tkey = a b # c\nquiet = yes\n"
                                    "dumps = /one\ndumps = /two; still two\nmax-size=1g"),
                  ST_OK);
    assert_int_equal(count, 42);
    assert_string_equal(listen, "0.0.0.0:1");
    assert_string_equal(key, "a b # c");
    assert_true(quiet);
    assert_int_equal(dumps.count, 2);
    assert_string_equal(dumps.items[1], "/two; still two");
    assert_int_equal(size, 1u << 30);
}

static void file_when_empty_then_ok(void **state)
{
    assert_status(parse_file(state, ""), ST_OK);
    assert_status(parse_file(state, "\n\n#\n"), ST_OK);
}

/* The message behind the file's path. */
static const char *message_in_file(void **state)
{
    const char *name = strstr(message, "settings");
    (void)state;
    assert_non_null(name);
    return name;
}

static void file_when_wrong_then_message_names_the_line(void **state)
{
    assert_status(parse_file(state, "count = 1\ncount = 0\n"), ST_ARGUMENT);
    assert_string_equal(message_in_file(state), "settings:2: count must be between 1 and 100, not 0");
    assert_status(parse_file(state, "\n\nlisten\n"), ST_FORMAT);
    assert_string_equal(message_in_file(state), "settings:3: wants `name = value`, not \"listen\"");
    assert_status(parse_file(state, "lisen = x\n"), ST_ARGUMENT);
    assert_string_equal(message_in_file(state), "settings:1: unknown setting lisen; did you mean listen?");
    assert_status(parse_file(state, "key = \xff\n"), ST_FORMAT);
    assert_string_equal(message_in_file(state), "settings is not UTF-8 text");
}

static void file_when_it_holds_nul_then_refused(void **state)
{
    char *path = in_scratch(state, "settings");
    assert_status(file_write_whole(path, "count = 5\0\ncount = 6\n", 21), ST_OK);
    assert_status(option_parse_file(set, path, &message), ST_FORMAT);
    assert_string_equal(message_in_file(state), "settings is not UTF-8 text");
    free(path);
}

static void file_when_missing_then_message_says_so(void **state)
{
    char *path = in_scratch(state, "none");
    assert_status(option_parse_file(set, path, &message), ST_NOT_FOUND);
    assert_true(text_starts(message, "cannot read the settings in "));
    assert_true(text_ends_nocase(message, "none: not found"));
    free(path);
}

static void sources_when_read_in_turn_then_later_wins_and_lists_start_anew(void **state)
{
    assert_status(parse_file(state, "count = 42\nkey = old\ndumps = a\ndumps = b\n"), ST_OK);
    assert_status(parse("--count=7", "--dumps", "c", NULL, NULL, NULL), ST_OK);
    assert_int_equal(count, 7);
    assert_string_equal(key, "old");
    assert_int_equal(dumps.count, 1);
    assert_string_equal(dumps.items[0], "c");
}

static void help_when_asked_then_lists_every_option_with_defaults(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out, 10000);
    key = "secret";
    assert_status(option_help(&out, table, COUNT_OF(table)), ST_OK);
    assert_string_equal(buffer_text(&out), "  --quiet                     say less\n"
                                           "  --gzip                      compress\n"
                                           "  --count N                   how many (default 10)\n"
                                           "  --max-size SIZE             how large (default 10m)\n"
                                           "  --scan-interval TIME        how often (default 5s)\n"
                                           "  --listen ADDR               where to listen\n"
                                           "  --key KEY                   ingest key\n"
                                           "  --dumps DIR                 folder to watch\n");
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_option(arguments_when_none_then_defaults_stay),
        test_option(arguments_when_value_follows_or_stands_behind_equals_then_same),
        test_option(arguments_when_value_is_empty_behind_equals_then_empty),
        test_option(arguments_when_value_holds_equals_then_kept),
        test_option(flags_when_given_then_on_off_or_said),
        test_option(flags_when_followed_by_a_word_then_word_is_not_their_value),
        test_option(rest_when_mixed_with_options_then_in_order),
        test_option(rest_when_behind_two_dashes_then_never_options),
        test_option(list_when_repeated_then_collects),
        test_option(message_when_value_is_missing_then_says_what_kind),
        test_option(message_when_name_is_unknown_then_suggests_the_nearest),
        test_option(message_when_value_is_malformed_then_says_what_is_wanted),
        test_option(bounds_when_at_the_edge_then_taken_and_outside_refused),
        test_option(file_when_well_formed_then_read),
        test_option(file_when_empty_then_ok),
        test_option(file_when_wrong_then_message_names_the_line),
        test_option(file_when_it_holds_nul_then_refused),
        test_option(file_when_missing_then_message_says_so),
        test_option(sources_when_read_in_turn_then_later_wins_and_lists_start_anew),
        test_option(help_when_asked_then_lists_every_option_with_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
