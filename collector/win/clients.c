/* clients.c - a plain array: it is searched on registrations, requests and exits, a few thousand entries at most. */
#include "clients.h"
#include <stdlib.h>
#include <string.h>

void clients_done(struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++)
        client_free(clients->items[i]);
    free(clients->items);
    *clients = (struct clients){0};
}

enum status clients_add(struct clients *clients, struct client *client)
{
    if (clients->count == clients->capacity) {
        size_t capacity = clients->capacity ? 2 * clients->capacity : 16;
        struct client **items = realloc(clients->items, capacity * sizeof *items);
        if (!items)
            return ST_MEMORY;
        clients->items = items;
        clients->capacity = capacity;
    }
    clients->items[clients->count++] = client;
    return ST_OK;
}

void clients_remove(struct clients *clients, struct client *client)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (clients->items[i] != client)
            continue;
        clients->items[i] = clients->items[--clients->count];
        client_free(client);
        return;
    }
}

struct client *clients_find(const struct clients *clients, uint32_t id)
{
    for (size_t i = 0; i < clients->count; i++)
        if (clients->items[i]->id == id)
            return clients->items[i];
    return NULL;
}

struct client *clients_find_peer(const struct clients *clients, const struct peer *peer)
{
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->items[i];
        if (!client->replaced && client->peer.pid == peer->pid && client->peer.start_filetime == peer->start_filetime)
            return client;
    }
    return NULL;
}

const char *clients_full(const struct clients *clients, const struct peer *peer)
{
    size_t of_user = 0, of_session = 0;

    for (size_t i = 0; i < clients->count; i++) {
        const struct peer *other = &clients->items[i]->peer;
        if (strcmp(other->user, peer->user) != 0)
            continue;
        of_user++;
        of_session += other->session == peer->session;
    }
    if (clients->count >= CLIENTS_MAX)
        return "is one client too many";
    if (of_user >= CLIENTS_MAX_PER_USER)
        return "is one client too many of its user";
    return of_session >= CLIENTS_MAX_PER_SESSION ? "is one client too many of its user's session" : NULL;
}

struct client *clients_next_request(const struct clients *clients)
{
    struct client *first = NULL;

    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->items[i];
        if (client->request_order && (!first || client->request_order < first->request_order))
            first = client;
    }
    return first;
}
