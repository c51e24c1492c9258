/* test_block.c - the shared block as a hostile client may leave it. */
#include "proto/block.h"
#include "unit.h"

static struct block block;

static int make_block(void **state)
{
    (void)state;
    memset(&block, 0, sizeof block);
    block.magic = BLOCK_MAGIC;
    block.version = BLOCK_VERSION;
    block.size_bytes = sizeof block;
    block.pointer_bits = 64;
    return 0;
}

#define test_block(function) cmocka_unit_test_setup(function, make_block)

static void check_refused(size_t size_bytes, const char *expected)
{
    const char *why = block_check(&block, size_bytes);
    assert_non_null(why);
    assert_string_equal(why, expected);
}

static void block_when_fresh_then_accepted_and_unchanged(void **state)
{
    static struct block before;
    (void)state;
    before = block;
    assert_null(block_check(&block, sizeof block));
    assert_memory_equal(&block, &before, sizeof block);
}

static void block_when_mapped_larger_then_accepted(void **state)
{
    (void)state;
    assert_null(block_check(&block, sizeof block + 4096)); /* a section is rounded up to pages */
}

static void block_when_short_then_refused_whatever_it_holds(void **state)
{
    (void)state;
    check_refused(sizeof block - 1, "is shorter than a block");
    check_refused(0, "is shorter than a block");
}

static void block_when_header_is_wrong_then_refused(void **state)
{
    (void)state;
    block.magic++;
    check_refused(sizeof block, "does not begin with a block's magic number");
    make_block(NULL);
    block.version = 2;
    check_refused(sizeof block, "is of a version that is not understood");
    make_block(NULL);
    block.size_bytes--;
    check_refused(sizeof block, "states a size that is not its version's");
    make_block(NULL);
    block.size_bytes++;
    check_refused(sizeof block, "states a size that is not its version's");
    make_block(NULL);
    block.pointer_bits = 16;
    check_refused(sizeof block, "is of a process that is neither 32- nor 64-bit");
}

static void block_when_state_is_known_then_accepted_else_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= BLOCK_FAILED; i++) {
        block.state = i;
        assert_null(block_check(&block, sizeof block));
    }
    block.state = BLOCK_FAILED + 1;
    check_refused(sizeof block, "is in a state that does not exist");
}

static void block_when_context_is_at_its_limit_then_accepted_and_above_refused(void **state)
{
    (void)state;
    block.exception.context_size_bytes = BLOCK_MAX_CONTEXT;
    assert_null(block_check(&block, sizeof block));
    block.exception.context_size_bytes = BLOCK_MAX_CONTEXT + 1;
    check_refused(sizeof block, "states a context that is longer than its place");
    block.exception.context_size_bytes = UINT32_MAX;
    check_refused(sizeof block, "states a context that is longer than its place");
}

static void block_when_parameters_are_too_many_then_clamped(void **state)
{
    (void)state;
    block.exception.parameter_count = BLOCK_MAX_PARAMETERS;
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.exception.parameter_count, BLOCK_MAX_PARAMETERS);
    block.exception.parameter_count = UINT32_MAX;
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.exception.parameter_count, BLOCK_MAX_PARAMETERS);
}

static void check_text(const char *text, size_t room)
{
    assert_int_equal(strnlen(text, room), room - 1);
}

static void block_when_texts_have_no_end_then_given_one(void **state)
{
    (void)state;
    memset(block.report_id, 'x', sizeof block.report_id);
    memset(block.reason, 'x', sizeof block.reason);
    memset(block.app, 'x', sizeof block.app);
    memset(block.app_version, 'x', sizeof block.app_version);
    memset(block.environment, 'x', sizeof block.environment);
    memset(block.channel, 'x', sizeof block.channel);
    memset(block.spool_dir, 'x', sizeof block.spool_dir);
    memset(block.url, 'x', sizeof block.url);
    memset(block.key, 'x', sizeof block.key);
    memset(block.attachments, 'x', sizeof block.attachments);
    assert_null(block_check(&block, sizeof block));
    check_text(block.report_id, sizeof block.report_id);
    check_text(block.reason, sizeof block.reason);
    check_text(block.app, sizeof block.app);
    check_text(block.app_version, sizeof block.app_version);
    check_text(block.environment, sizeof block.environment);
    check_text(block.channel, sizeof block.channel);
    check_text(block.spool_dir, sizeof block.spool_dir);
    check_text(block.url, sizeof block.url);
    check_text(block.key, sizeof block.key);
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        check_text(block.attachments[i], BLOCK_MAX_PATH);
}

static void annotation_when_it_fills_its_place_then_kept_whole(void **state)
{
    struct block_annotation *last = &block.annotations[BLOCK_MAX_ANNOTATIONS - 1];
    (void)state;
    memset(last->key, 'k', BLOCK_MAX_KEY);
    memset(last->value, 'v', BLOCK_MAX_VALUE);
    last->key_bytes = BLOCK_MAX_KEY;
    last->value_bytes = BLOCK_MAX_VALUE;
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(last->key_bytes, BLOCK_MAX_KEY);
    assert_int_equal(last->value_bytes, BLOCK_MAX_VALUE);
    assert_int_equal(last->key[BLOCK_MAX_KEY - 1], 'k');
    assert_int_equal(last->value[BLOCK_MAX_VALUE - 1], 'v');
}

static void annotation_when_lengths_lie_then_dropped_and_others_kept(void **state)
{
    (void)state;
    block.annotations[0].key_bytes = BLOCK_MAX_KEY + 1;
    block.annotations[0].value_bytes = 5;
    block.annotations[1].key_bytes = 3;
    block.annotations[1].value_bytes = BLOCK_MAX_VALUE + 1;
    block.annotations[2].key_bytes = 3;
    block.annotations[2].value_bytes = 4;
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.annotations[0].key_bytes, 0);
    assert_int_equal(block.annotations[0].value_bytes, 0);
    assert_int_equal(block.annotations[1].key_bytes, 3);
    assert_int_equal(block.annotations[1].value_bytes, 0);
    assert_int_equal(block.annotations[2].key_bytes, 3);
    assert_int_equal(block.annotations[2].value_bytes, 4);
}

static void range_when_it_ends_with_the_address_space_then_kept(void **state)
{
    (void)state;
    block.memory[0] = (struct block_range){UINT64_MAX - 9, 10};
    block.streams[0] = (struct block_stream){UINT64_MAX - 9, 10, 0x10000, 0};
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.memory[0].size_bytes, 10);
    assert_int_equal(block.streams[0].size_bytes, 10);
}

static void range_when_it_wraps_then_dropped(void **state)
{
    (void)state;
    block.memory[0] = (struct block_range){UINT64_MAX - 9, 11};
    block.memory[BLOCK_MAX_MEMORY_RANGES - 1] = (struct block_range){2, UINT64_MAX};
    block.memory[1] = (struct block_range){0x1000, 16};
    block.streams[BLOCK_MAX_STREAMS - 1] = (struct block_stream){UINT64_MAX, UINT64_MAX, 0x10000, 0};
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.memory[0].size_bytes, 0);
    assert_int_equal(block.memory[BLOCK_MAX_MEMORY_RANGES - 1].size_bytes, 0);
    assert_int_equal(block.memory[1].size_bytes, 16);
    assert_int_equal(block.streams[BLOCK_MAX_STREAMS - 1].size_bytes, 0);
}

static void range_when_client_is_32_bit_then_ends_at_4_gib(void **state)
{
    (void)state;
    block.pointer_bits = 32;
    block.memory[0] = (struct block_range){0xfffffff0, 16};
    block.memory[1] = (struct block_range){0xfffffff0, 17};
    block.memory[2] = (struct block_range){0x100000000, 1};
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.memory[0].size_bytes, 16);
    assert_int_equal(block.memory[1].size_bytes, 0);
    assert_int_equal(block.memory[2].size_bytes, 0);
}

static void log_when_counter_is_impossible_then_log_is_dropped(void **state)
{
    (void)state;
    block.log_written = INT64_MAX;
    assert_null(block_check(&block, sizeof block));
    assert_true(block.log_written == INT64_MAX);
    block.log_written = (uint64_t)INT64_MAX + 1;
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.log_written, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_block(block_when_fresh_then_accepted_and_unchanged),
        test_block(block_when_mapped_larger_then_accepted),
        test_block(block_when_short_then_refused_whatever_it_holds),
        test_block(block_when_header_is_wrong_then_refused),
        test_block(block_when_state_is_known_then_accepted_else_refused),
        test_block(block_when_context_is_at_its_limit_then_accepted_and_above_refused),
        test_block(block_when_parameters_are_too_many_then_clamped),
        test_block(block_when_texts_have_no_end_then_given_one),
        test_block(annotation_when_it_fills_its_place_then_kept_whole),
        test_block(annotation_when_lengths_lie_then_dropped_and_others_kept),
        test_block(range_when_it_ends_with_the_address_space_then_kept),
        test_block(range_when_it_wraps_then_dropped),
        test_block(range_when_client_is_32_bit_then_ends_at_4_gib),
        test_block(log_when_counter_is_impossible_then_log_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
