/* test_clients.c - how many registrations the collector holds for one user and session, counted with registrations that have no process. */
#include "collector/win/clients.h"
#include "harness.h"
#include <stdlib.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"

static struct clients clients;

static int forget(void **state)
{
    (void)state;
    clients_done(&clients);
    return 0;
}

static const char *full_for(const char *user, uint32_t session)
{
    const struct peer peer = {.user = (char *)(uintptr_t)user, .session = session};

    return clients_full(&clients, &peer);
}

/* As admit does, for as long as there is room; why there is none. */
static const char *fill(const char *user, uint32_t session, size_t most)
{
    const char *why = NULL;

    for (size_t i = 0; i < most; i++) {
        struct client *client;
        why = full_for(user, session);
        if (why)
            break;
        client = calloc(1, sizeof *client);
        assert_non_null(client);
        client->peer.user = _strdup(user);
        client->peer.session = session;
        assert_int_equal(clients_add(&clients, client), ST_OK);
    }
    return why;
}

static void session_when_full_then_its_users_other_sessions_and_other_users_have_room(void **state)
{
    (void)state;
    assert_non_null(fill(ALICE, 1, CLIENTS_MAX));
    assert_int_equal(clients.count, CLIENTS_MAX_PER_SESSION);
    assert_null(full_for(ALICE, 2));
    assert_null(full_for(BOB, 1));
    clients_remove(&clients, clients.items[0]);
    assert_null(full_for(ALICE, 1));
}

static void user_when_full_in_all_sessions_then_others_have_room(void **state)
{
    (void)state;
    for (uint32_t session = 1; session <= 8; session++)
        fill(ALICE, session, CLIENTS_MAX_PER_SESSION / 2);
    assert_int_equal(clients.count, CLIENTS_MAX_PER_USER);
    assert_string_equal(full_for(ALICE, 9), "is one client too many of its user");
    assert_null(full_for(BOB, 9));
}

static void collector_when_full_then_nobody_has_room(void **state)
{
    char user[] = "S-1-5-21-1-2-3-0";

    (void)state;
    for (; user[sizeof user - 2] <= '9'; user[sizeof user - 2]++)
        fill(user, 1, CLIENTS_MAX);
    assert_int_equal(clients.count, CLIENTS_MAX);
    assert_string_equal(full_for(BOB, 1), "is one client too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(session_when_full_then_its_users_other_sessions_and_other_users_have_room, forget),
        cmocka_unit_test_teardown(user_when_full_in_all_sessions_then_others_have_room, forget),
        cmocka_unit_test_teardown(collector_when_full_then_nobody_has_room, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
