/* test_endpoint.c - which addresses a report may go to, and where a redirect may lead. */
#include "uploader/endpoint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

/* The completed address, or "" and why. */
static const char *parsed(const char *text, bool allow_http, struct buffer *out)
{
    const char *why = NULL;

    buffer_init(out, 4096);
    if (endpoint_parse(text, "/submit", allow_http, out, &why) == ST_OK)
        return buffer_text(out);
    assert_non_null(why);
    return "";
}

static void assert_parsed(const char *text, bool allow_http, const char *expected)
{
    struct buffer out;

    assert_string_equal(parsed(text, allow_http, &out), expected);
    buffer_done(&out);
}

static void address_without_a_path_gets_submit(void **state)
{
    (void)state;
    assert_parsed("https://crash.example.org", false, "https://crash.example.org/submit");
    assert_parsed("https://crash.example.org/", false, "https://crash.example.org/submit");
    assert_parsed("https://crash.example.org:8443?key=x", false, "https://crash.example.org:8443/submit?key=x");
}

static void address_with_a_path_is_kept(void **state)
{
    (void)state;
    assert_parsed("https://o1.example.org/api/7/minidump/?sentry_key=k", false, "https://o1.example.org/api/7/minidump/?sentry_key=k");
}

static void plain_http_goes_to_this_machine_only(void **state)
{
    static const char *const own[] = {"http://127.0.0.1:8080/post", "http://localhost/post", "http://[::1]:8080/post",
                                      "http://127.9.9.9/post"};
    static const char *const others[] = {"http://example.org/post",
                                         "http://10.0.0.1/post",
                                         "http://127.0.0.1.example.org/post",
                                         "http://127.0.0.1@example.org/x",
                                         "http://localhost.evil.org",
                                         "http://[::2]/post",
                                         "http://0.0.0.0/post",
                                         "http://127.example/post"};

    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_parsed(own[i], false, own[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_parsed(others[i], false, "");
}

static void plain_http_when_allowed_goes_anywhere(void **state)
{
    (void)state;
    assert_parsed("http://example.org/post", true, "http://example.org/post");
}

static void address_that_is_none_is_refused(void **state)
{
    static const char *const texts[] = {"",     "example.org",  "ftp://example.org/",         "file:///etc/passwd", "https://",
                                        "://x", "https://a b/", "https://example.org:99999/", "javascript:alert(1)"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_parsed(texts[i], true, "");
}

static void redirect_on_the_same_host_is_followed(void **state)
{
    (void)state;
    assert_null(endpoint_redirect_refusal("https://a.org/submit", "https://a.org/new/submit", 307));
    assert_null(endpoint_redirect_refusal("https://a.org/submit", "https://A.ORG:443/submit", 308));
    assert_null(endpoint_redirect_refusal("http://127.0.0.1:80/submit", "https://127.0.0.1/submit", 301));
}

static void redirect_elsewhere_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
        long status;
    } cases[] = {
        {"https://a.org/submit", "https://b.org/submit", 307}, {"https://a.org/submit", "https://a.org.b.org/submit", 307},
        {"https://a.org/submit", "http://a.org/submit", 307},  {"https://a.org/submit", "https://a.org:444/submit", 307},
        {"https://a.org/submit", "https://a.org@b.org/", 307}, {"http://127.0.0.1/", "http://127.0.0.1:81/", 307},
        {"http://127.0.0.1/submit", "http://localhost/", 302}, {"https://a.org/submit", "ftp://a.org/", 307},
        {"https://a.org/submit", "https://a.org/submit", 303}, {"https://a.org/submit", "nonsense", 307},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_non_null(endpoint_redirect_refusal(cases[i].from, cases[i].to, cases[i].status));
}

static void public_name_hides_secrets(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    assert_int_equal(endpoint_public_name("https://user:secret@a.org:8443/submit?key=secret#secret", &out), ST_OK);
    assert_string_equal(buffer_text(&out), "https://a.org:8443/submit");
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_without_a_path_gets_submit),   cmocka_unit_test(address_with_a_path_is_kept),
        cmocka_unit_test(plain_http_goes_to_this_machine_only), cmocka_unit_test(plain_http_when_allowed_goes_anywhere),
        cmocka_unit_test(address_that_is_none_is_refused),      cmocka_unit_test(redirect_on_the_same_host_is_followed),
        cmocka_unit_test(redirect_elsewhere_is_refused),        cmocka_unit_test(public_name_hides_secrets),
    };
    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
