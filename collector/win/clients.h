/* clients.h - the table of registered processes. One thread owns it. */
#ifndef SALVOR_COLLECTOR_WIN_CLIENTS_H
#define SALVOR_COLLECTOR_WIN_CLIENTS_H
#include "client.h"

#define CLIENTS_MAX             4096
#define CLIENTS_MAX_PER_USER    2048
#define CLIENTS_MAX_PER_SESSION 1024 /* of one user: one desktop's programs leave room for those of his others, and of his services */

struct clients {
    struct client **items;
    size_t count, capacity;
};

void clients_done(struct clients *clients);                              /* frees all of them; may be called twice */
enum status clients_add(struct clients *clients, struct client *client); /* owns it on success */
void clients_remove(struct clients *clients, struct client *client);     /* and frees it */
struct client *clients_find(const struct clients *clients, uint32_t id); /* NULL when gone */
/* The registration that counts for the peer's process, passing over replaced ones; NULL when it has none. */
struct client *clients_find_peer(const struct clients *clients, const struct peer *peer);
/* Why one more of the peer's user or session would be too many, as one sentence part; NULL when there is room. */
const char *clients_full(const struct clients *clients, const struct peer *peer);
/* The client whose request has waited longest; NULL when none waits. */
struct client *clients_next_request(const struct clients *clients);

#endif
