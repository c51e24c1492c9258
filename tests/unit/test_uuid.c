/* test_uuid.c - name-based UUIDs against the RFC's example and against values of an independent implementation (Python's hashlib). */
#include "proto/uuid.h"
#include "unit.h"

static const uint8_t dns_space[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
static const uint8_t url_space[16] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

static void check_v5(const uint8_t space[16], const void *name, size_t size, const char *expected)
{
    uint8_t uuid[16];
    char text[UUID_TEXT_BYTES];
    uuid_v5(uuid, space, name, size);
    uuid_format(text, uuid);
    assert_string_equal(text, expected);
}

static void v5_when_name_of_rfc_9562_then_its_uuid(void **state)
{
    (void)state;
    check_v5(dns_space, "www.example.com", 15, "2ed6657d-e927-568b-95e1-2665a8aea6a2"); /* appendix A.4 */
}

/* With the 16 bytes of the name space these lengths end just before, at and behind each edge of SHA-1's padding and blocks. */
static void v5_when_name_ends_at_a_block_edge_then_still_right(void **state)
{
    static const struct {
        size_t size;
        const char *uuid;
    } cases[] = {
        {0, "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},   {39, "8dcf510e-e837-5d6c-a902-5c021e6aba77"},
        {40, "ac59f145-a24b-5322-a48b-5ee4174c8c22"},  {47, "832f2881-ac41-5011-bbdb-b18ed664ae09"},
        {48, "667269db-0ed3-5733-bdf2-b2d1d1265567"},  {111, "be6b74ff-04a5-5490-8f2e-234b40c88da7"},
        {112, "25e9549a-77b3-5e53-9de2-ea666682a1e7"}, {1000, "e940418b-3e95-5567-b53a-8ae3c9b0048d"},
    };
    uint8_t name[1000];
    (void)state;
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_v5(url_space, name, cases[i].size, cases[i].uuid);
}

static void parse_when_in_any_usual_form_then_same_bytes(void **state)
{
    static const char *const cases[] = {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
                                        "6ba7b8109dad11d180b400c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                                        "{6ba7b8109dad11d180b400c04fd430c8}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t uuid[16] = {0};
        assert_true(uuid_parse(uuid, cases[i]));
        assert_memory_equal(uuid, dns_space, 16);
    }
}

static void parse_when_malformed_then_false_and_untouched(void **state)
{
    static const char *const cases[] = {"",
                                        "{",
                                        "{}",
                                        "-",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                        "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b810-9dad11d180b400c04fd430c8",
                                        "6ba7b8109dad-11d1-80b4-00c04fd430c8",
                                        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                                        " 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
                                        "6ba7b810--9dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b810",
                                        "6ba7b810-"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t uuid[16];
        memcpy(uuid, url_space, 16);
        if (uuid_parse(uuid, cases[i]))
            fail_msg("accepted: \"%s\"", cases[i]);
        assert_memory_equal(uuid, url_space, 16);
    }
}

static void report_id_when_facts_are_given_then_this_id_for_ever(void **state)
{
    uint8_t machine[16];
    char id[UUID_TEXT_BYTES];
    (void)state;
    for (uint8_t i = 0; i < 16; i++)
        machine[i] = i;
    uuid_report_id(id, machine, 1234, 1700000000, 0);
    assert_string_equal(id, "5678152b-3eb6-5207-8109-733a09c95136");
    uuid_report_id(id, machine, 1234, 1700000000, 1);
    assert_string_equal(id, "214b5136-9372-5fa2-8f5f-61d26019333e");
}

static void report_id_when_any_fact_differs_then_another_id(void **state)
{
    uint8_t machine[16] = {1}, other[16] = {2};
    char ids[5][UUID_TEXT_BYTES];
    (void)state;
    uuid_report_id(ids[0], machine, 1, 1, 0);
    uuid_report_id(ids[1], other, 1, 1, 0);
    uuid_report_id(ids[2], machine, 2, 1, 0);
    uuid_report_id(ids[3], machine, 1, 2, 0);
    uuid_report_id(ids[4], machine, 1, 1, 1);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v5_when_name_of_rfc_9562_then_its_uuid),
        cmocka_unit_test(v5_when_name_ends_at_a_block_edge_then_still_right),
        cmocka_unit_test(parse_when_in_any_usual_form_then_same_bytes),
        cmocka_unit_test(parse_when_malformed_then_false_and_untouched),
        cmocka_unit_test(report_id_when_facts_are_given_then_this_id_for_ever),
        cmocka_unit_test(report_id_when_any_fact_differs_then_another_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
