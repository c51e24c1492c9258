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
    block.version = BLOCK_VERSION + 1;
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

/* Accepted, and marked as damaged or not. */
static void check_accepted(uint32_t damaged)
{
    assert_null(block_check(&block, sizeof block));
    assert_int_equal(block.damaged, damaged);
}

static void block_when_state_is_unknown_then_mended(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= BLOCK_FAILED; i++) {
        block.state = i;
        check_accepted(0);
        assert_int_equal(block.state, i);
    }
    block.state = BLOCK_FAILED + 1;
    check_accepted(1);
    assert_true(block.state <= BLOCK_FAILED);
}

static void block_when_context_is_longer_than_its_place_then_dropped(void **state)
{
    (void)state;
    block.exception.context_size_bytes = BLOCK_MAX_CONTEXT;
    check_accepted(0);
    assert_int_equal(block.exception.context_size_bytes, BLOCK_MAX_CONTEXT);
    block.exception.context_size_bytes = BLOCK_MAX_CONTEXT + 1;
    check_accepted(1);
    assert_int_equal(block.exception.context_size_bytes, 0);
}

static void block_when_consent_is_no_word_then_it_counts_as_no(void **state)
{
    (void)state;
    block.consent = BLOCK_CONSENT_YES;
    check_accepted(0);
    assert_int_equal(block.consent, BLOCK_CONSENT_YES);
    block.consent = 3;
    check_accepted(1);
    assert_int_equal(block.consent, BLOCK_CONSENT_NO);
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

static void block_when_texts_have_no_end_then_dropped(void **state)
{
    (void)state;
    memset(block.report_id, 'x', sizeof block.report_id);
    memset(block.reason, 'x', sizeof block.reason);
    memset(block.app, 'x', sizeof block.app);
    memset(block.app_version, 'x', sizeof block.app_version);
    memset(block.environment, 'x', sizeof block.environment);
    memset(block.channel, 'x', sizeof block.channel);
    memset(block.spool_dir, 'x', sizeof block.spool_dir);
    memset(block.inbox, 'x', sizeof block.inbox);
    memset(block.url, 'x', sizeof block.url);
    memset(block.key, 'x', sizeof block.key);
    memset(block.attachments, 'x', sizeof block.attachments);
    check_accepted(1);
    assert_int_equal(block.report_id[0] | block.reason[0] | block.app[0] | block.app_version[0] | block.environment[0], 0);
    assert_int_equal(block.channel[0] | block.spool_dir[0] | block.inbox[0] | block.url[0] | block.key[0], 0);
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        assert_int_equal(block.attachments[i][0], 0);
}

static void block_when_text_is_at_its_limit_then_kept_and_no_utf8_then_dropped(void **state)
{
    (void)state;
    memset(block.app_version, 'x', sizeof block.app_version - 1);
    strcpy(block.channel, "b\xc3\xaat\xc3\xa1");
    strcpy(block.environment, "\xcc\xcc\xcc");
    check_accepted(1);
    assert_int_equal(strlen(block.app_version), sizeof block.app_version - 1);
    assert_string_equal(block.channel, "b\xc3\xaat\xc3\xa1");
    assert_string_equal(block.environment, "");
}

/* -- a block that is known to be ours, whatever is in it -- */

static const struct block_owner owner = {77, 64, 130000000000000000u};

static void mend_when_block_is_sound_then_unmarked_and_unchanged(void **state)
{
    static struct block before;
    (void)state;
    block.pid = owner.pid;
    block.start_filetime = owner.start_filetime;
    before = block;
    block_mend(&block, &owner);
    assert_memory_equal(&block, &before, sizeof block);
}

static void mend_when_head_is_overwritten_then_owner_stands_and_the_rest_is_kept(void **state)
{
    (void)state;
    strcpy(block.app_version, "9.8.7");
    block.annotations[0].key_bytes = 1;
    memset(&block, 0xcc, offsetof(struct block, state));
    block_mend(&block, &owner);
    assert_int_equal(block.damaged, 1);
    assert_int_equal(block.magic, BLOCK_MAGIC);
    assert_int_equal(block.size_bytes, sizeof block);
    assert_int_equal(block.pid, owner.pid);
    assert_int_equal(block.pointer_bits, 64);
    assert_true(block.start_filetime == owner.start_filetime);
    assert_string_equal(block.app_version, "9.8.7");
    assert_int_equal(block.annotations[0].key_bytes, 1);
}

static void mend_when_any_byte_fills_it_all_then_every_count_is_in_its_limit(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        memset(&block, byte, sizeof block);
        block_mend(&block, &owner);
        assert_int_equal(block.damaged, 1);
        assert_null(block_check(&block, sizeof block)); /* as any reader would want it */
        assert_int_equal(block.damaged, 0);
    }
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
    assert_int_equal(block.annotations[1].key_bytes, 0);
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
        test_block(block_when_state_is_unknown_then_mended),
        test_block(block_when_context_is_longer_than_its_place_then_dropped),
        test_block(block_when_consent_is_no_word_then_it_counts_as_no),
        test_block(block_when_parameters_are_too_many_then_clamped),
        test_block(block_when_texts_have_no_end_then_dropped),
        test_block(block_when_text_is_at_its_limit_then_kept_and_no_utf8_then_dropped),
        test_block(mend_when_block_is_sound_then_unmarked_and_unchanged),
        test_block(mend_when_head_is_overwritten_then_owner_stands_and_the_rest_is_kept),
        test_block(mend_when_any_byte_fills_it_all_then_every_count_is_in_its_limit),
        test_block(annotation_when_it_fills_its_place_then_kept_whole),
        test_block(annotation_when_lengths_lie_then_dropped_and_others_kept),
        test_block(range_when_it_ends_with_the_address_space_then_kept),
        test_block(range_when_it_wraps_then_dropped),
        test_block(range_when_client_is_32_bit_then_ends_at_4_gib),
        test_block(log_when_counter_is_impossible_then_log_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
