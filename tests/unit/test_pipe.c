/* test_pipe.c - messages of the registration pipe, wrong in one way at a time. */
#include "proto/block.h"
#include "proto/pipe.h"
#include "unit.h"

static struct pipe_hello hello;
static struct pipe_reply reply;

static int make_messages(void **state)
{
    (void)state;
    hello = (struct pipe_hello){.magic = PIPE_MAGIC,
                                .version = PIPE_VERSION,
                                .size_bytes = sizeof hello,
                                .pid = 1234,
                                .start_filetime = 1,
                                .pointer_bits = 64,
                                .block_version = BLOCK_VERSION};
    reply = (struct pipe_reply){.magic = PIPE_MAGIC,
                                .version = PIPE_VERSION,
                                .size_bytes = sizeof reply,
                                .verdict = PIPE_ACCEPTED,
                                .section = 4,
                                .request_event = 8,
                                .done_event = 12,
                                .monitor = 16,
                                .block_bytes = sizeof(struct block)};
    return 0;
}

#define test_pipe(function) cmocka_unit_test_setup(function, make_messages)

static void check_hello_refused(size_t size_bytes, enum pipe_verdict expected)
{
    enum pipe_verdict verdict = PIPE_ACCEPTED;
    assert_non_null(pipe_hello_check(&hello, size_bytes, &verdict));
    assert_int_equal(verdict, expected);
    make_messages(NULL);
}

static void check_reply_refused(size_t size_bytes)
{
    assert_non_null(pipe_reply_check(&reply, size_bytes));
    make_messages(NULL);
}

static void hello_when_sound_then_accepted(void **state)
{
    enum pipe_verdict verdict = PIPE_INTERNAL;
    (void)state;
    assert_null(pipe_hello_check(&hello, sizeof hello, &verdict));
    assert_int_equal(verdict, PIPE_ACCEPTED);
    hello.pointer_bits = 32;
    assert_null(pipe_hello_check(&hello, sizeof hello, &verdict));
}

static void hello_when_size_differs_then_bad_message(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof hello; size++)
        check_hello_refused(size, PIPE_BAD_MESSAGE);
    check_hello_refused(sizeof hello + 1, PIPE_BAD_MESSAGE);
    check_hello_refused(PIPE_MAX_MESSAGE, PIPE_BAD_MESSAGE);
    hello.size_bytes = sizeof hello - 1;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
    hello.size_bytes = UINT32_MAX;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
}

static void hello_when_version_differs_then_bad_version_whatever_its_size(void **state)
{
    (void)state;
    hello.version = PIPE_VERSION + 1;
    check_hello_refused(sizeof hello, PIPE_BAD_VERSION);
    hello.version = 0;
    check_hello_refused(12, PIPE_BAD_VERSION);
    hello.version = PIPE_VERSION + 1;
    hello.size_bytes = 400;
    check_hello_refused(400, PIPE_BAD_VERSION);
    hello.block_version = BLOCK_VERSION + 1;
    check_hello_refused(sizeof hello, PIPE_BAD_VERSION);
}

static void hello_when_a_field_is_wrong_then_bad_message(void **state)
{
    (void)state;
    hello.magic ^= 1;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
    hello.pid = 0;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
    hello.pointer_bits = 0;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
    hello.pointer_bits = 128;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
    hello.flags = 1;
    check_hello_refused(sizeof hello, PIPE_BAD_MESSAGE);
}

static void reply_when_sound_then_accepted(void **state)
{
    (void)state;
    assert_null(pipe_reply_check(&reply, sizeof reply));
}

static void reply_when_it_refuses_then_needs_no_handles(void **state)
{
    (void)state;
    reply = (struct pipe_reply){.magic = PIPE_MAGIC, .version = PIPE_VERSION, .size_bytes = sizeof reply, .verdict = PIPE_TOO_MANY};
    assert_null(pipe_reply_check(&reply, sizeof reply));
}

static void reply_when_header_is_wrong_then_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof reply; size++)
        check_reply_refused(size);
    check_reply_refused(sizeof reply + 1);
    reply.magic ^= 1;
    check_reply_refused(sizeof reply);
    reply.version++;
    check_reply_refused(sizeof reply);
    reply.size_bytes++;
    check_reply_refused(sizeof reply);
}

static void reply_when_a_handle_is_missing_or_block_differs_then_refused(void **state)
{
    (void)state;
    reply.section = 0;
    check_reply_refused(sizeof reply);
    reply.request_event = 0;
    check_reply_refused(sizeof reply);
    reply.done_event = 0;
    check_reply_refused(sizeof reply);
    reply.monitor = 0;
    check_reply_refused(sizeof reply);
    reply.block_bytes = sizeof(struct block) - 8;
    check_reply_refused(sizeof reply);
}

static void verdict_when_named_then_has_text_also_if_unknown(void **state)
{
    (void)state;
    assert_string_equal(pipe_verdict_text(PIPE_BAD_MESSAGE), "not understood");
    assert_string_equal(pipe_verdict_text(PIPE_BAD_IDENTITY), "identity not proven");
    for (uint32_t i = 0; i <= PIPE_INTERNAL; i++)
        assert_true(strlen(pipe_verdict_text(i)) > 0);
    assert_string_equal(pipe_verdict_text(PIPE_INTERNAL + 1), "unknown verdict");
    assert_string_equal(pipe_verdict_text(UINT32_MAX), "unknown verdict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_pipe(hello_when_sound_then_accepted),
        test_pipe(hello_when_size_differs_then_bad_message),
        test_pipe(hello_when_version_differs_then_bad_version_whatever_its_size),
        test_pipe(hello_when_a_field_is_wrong_then_bad_message),
        test_pipe(reply_when_sound_then_accepted),
        test_pipe(reply_when_it_refuses_then_needs_no_handles),
        test_pipe(reply_when_header_is_wrong_then_refused),
        test_pipe(reply_when_a_handle_is_missing_or_block_differs_then_refused),
        cmocka_unit_test(verdict_when_named_then_has_text_also_if_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
