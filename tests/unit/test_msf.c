/* test_msf.c - the container of PDBs: streams whose blocks stand anywhere, and containers that lie. */
#include "support_msf.h"
#include "symbols/msf.h"
#include "unit.h"

#define BLOCK_BYTES  512u
#define STREAM_BYTES 5000u

static void fill(struct buffer *stream, size_t size, uint8_t seed)
{
    buffer_init(stream, 1u << 20);
    for (size_t i = 0; i < size; i++)
        assert_status(buffer_append_byte(stream, (uint8_t)(i * 7 + i / 251 + seed)), ST_OK);
}

/* Four streams: one empty, two of several blocks, one that fills its block exactly. */
static struct buffer make_container(struct msf_streams *streams, bool is_scattered)
{
    struct buffer file;

    streams->count = 4;
    fill(&streams->streams[0], 0, 0);
    fill(&streams->streams[1], STREAM_BYTES, 1);
    fill(&streams->streams[2], 3 * STREAM_BYTES, 2);
    fill(&streams->streams[3], BLOCK_BYTES, 3);
    buffer_init(&file, 1u << 20);
    msf_streams_put(streams, BLOCK_BYTES, is_scattered, &file);
    return file;
}

static enum status open_bytes(struct msf **ret, const uint8_t *bytes, size_t size)
{
    const char *why = NULL;
    enum status status = msf_open(ret, (struct span){bytes, size}, &why);

    if (status)
        assert_non_null(why);
    return status;
}

static void view_when_blocks_stand_anywhere_then_the_stream_is_whole(void **state)
{
    (void)state;
    for (int is_scattered = 0; is_scattered < 2; is_scattered++) {
        struct msf_streams streams;
        struct buffer file = make_container(&streams, is_scattered);
        struct msf *msf = NULL;
        struct msf_view view;
        assert_status(open_bytes(&msf, file.data, file.len), ST_OK);
        assert_int_equal(msf_stream_count(msf), streams.count);
        for (uint32_t i = 0; i < streams.count; i++) {
            assert_status(msf_view_open(msf, i, &view), ST_OK);
            assert_int_equal(view.bytes.len, streams.streams[i].len);
            if (view.bytes.len)
                assert_memory_equal(view.bytes.data, streams.streams[i].data, view.bytes.len);
            assert_int_equal(view.owned != NULL, is_scattered && view.bytes.len > BLOCK_BYTES);
            msf_view_done(&view);
            msf_view_done(&view);
        }
        msf_close(msf);
        buffer_done(&file);
        msf_streams_done(&streams);
    }
}

static void read_when_it_crosses_blocks_then_the_bytes_are_those(void **state)
{
    struct msf_streams streams;
    struct buffer file = make_container(&streams, true);
    struct msf *msf = NULL;
    uint8_t bytes[2 * BLOCK_BYTES];

    (void)state;
    assert_status(open_bytes(&msf, file.data, file.len), ST_OK);
    for (uint32_t offset = 0; offset + sizeof(bytes) <= STREAM_BYTES; offset += 97) {
        assert_status(msf_read(msf, 1, offset, bytes, sizeof(bytes)), ST_OK);
        assert_memory_equal(bytes, streams.streams[1].data + offset, sizeof(bytes));
    }
    msf_close(msf);
    buffer_done(&file);
    msf_streams_done(&streams);
}

static void read_when_past_the_end_then_it_is_truncated(void **state)
{
    struct msf_streams streams;
    struct buffer file = make_container(&streams, true);
    struct msf *msf = NULL;
    uint8_t bytes[2];

    (void)state;
    assert_status(open_bytes(&msf, file.data, file.len), ST_OK);
    assert_status(msf_read(msf, 1, STREAM_BYTES - 1, bytes, 2), ST_TRUNCATED);
    assert_status(msf_read(msf, 1, STREAM_BYTES, bytes, 0), ST_OK);
    assert_status(msf_read(msf, 1, UINT32_MAX, bytes, 2), ST_TRUNCATED);
    assert_status(msf_read(msf, 99, 0, bytes, 1), ST_TRUNCATED);
    assert_int_equal(msf_stream_size(msf, 99), 0);
    msf_close(msf);
    buffer_done(&file);
    msf_streams_done(&streams);
}

static void open_when_cut_anywhere_then_it_fails(void **state)
{
    struct msf_streams streams;
    struct buffer file = make_container(&streams, true);

    (void)state;
    for (size_t size = 0; size < file.len; size++) {
        uint8_t *copy = malloc(size + 1);
        struct msf *msf = NULL;
        memcpy(copy, file.data, size);
        enum status status = open_bytes(&msf, copy, size);
        assert_status(status, size < 32 ? ST_FORMAT : ST_TRUNCATED);
        free(copy);
    }
    buffer_done(&file);
    msf_streams_done(&streams);
}

static void open_when_superblock_or_directory_lies_then_it_is_refused(void **state)
{
    static const struct {
        uint32_t offset, value;
        enum status status;
    } lies[] = {
        {32, 0, ST_FORMAT}, {32, 513, ST_FORMAT},        {32, 65536, ST_FORMAT}, {40, UINT32_MAX, ST_TRUNCATED}, {40, 0, ST_FORMAT},
        {44, 0, ST_FORMAT}, {44, UINT32_MAX, ST_FORMAT}, {44, 8, ST_FORMAT},     {52, UINT32_MAX, ST_FORMAT},
    };
    struct msf_streams streams;
    struct buffer file = make_container(&streams, false);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        struct msf *msf = NULL;
        uint32_t kept = bytes_u32(file.data + lies[i].offset);
        bytes_put_u32(file.data + lies[i].offset, lies[i].value);
        assert_status(open_bytes(&msf, file.data, file.len), lies[i].status);
        bytes_put_u32(file.data + lies[i].offset, kept);
    }
    buffer_done(&file);
    msf_streams_done(&streams);
}

/* The directory's words: count, sizes, blocks. Each is replaced by numbers that point elsewhere. */
static void open_when_a_word_of_the_directory_is_wrong_then_no_read_leaves_the_file(void **state)
{
    static const uint32_t values[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    struct msf_streams streams;
    struct buffer file = make_container(&streams, false);
    uint32_t map = bytes_u32(file.data + 52) * BLOCK_BYTES, size = bytes_u32(file.data + 44);
    uint32_t directory = bytes_u32(file.data + map) * BLOCK_BYTES;
    uint32_t refused = 0;

    (void)state;
    assert_true(size < BLOCK_BYTES);
    for (uint32_t at = 0; at < size; at += 4)
        for (size_t i = 0; i < COUNT_OF(values); i++) {
            uint32_t kept = bytes_u32(file.data + directory + at);
            struct msf *msf = NULL;
            struct msf_view view;
            bytes_put_u32(file.data + directory + at, values[i]);
            if (open_bytes(&msf, file.data, file.len) == ST_OK) {
                for (uint32_t stream = 0; stream < msf_stream_count(msf); stream++) {
                    assert_status(msf_view_open(msf, stream, &view), ST_OK);
                    assert_true(view.bytes.len <= file.len);
                    msf_view_done(&view);
                }
                msf_close(msf);
            } else {
                refused++;
            }
            bytes_put_u32(file.data + directory + at, kept);
        }
    assert_true(refused > size / 4);
    buffer_done(&file);
    msf_streams_done(&streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_when_blocks_stand_anywhere_then_the_stream_is_whole),
        cmocka_unit_test(read_when_it_crosses_blocks_then_the_bytes_are_those),
        cmocka_unit_test(read_when_past_the_end_then_it_is_truncated),
        cmocka_unit_test(open_when_cut_anywhere_then_it_fails),
        cmocka_unit_test(open_when_superblock_or_directory_lies_then_it_is_refused),
        cmocka_unit_test(open_when_a_word_of_the_directory_is_wrong_then_no_read_leaves_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
