/* socket.h - the listening socket and addresses as text. */
#ifndef SALVOR_SERVER_HTTP_SOCKET_H
#define SALVOR_SERVER_HTTP_SOCKET_H
#include "base/status.h"
#include <stddef.h>

struct sockaddr;

/* Listens on "ADDR:PORT" ("[ADDR]:PORT" for IPv6); ret_address gets where, with the real port. On an error *ret_message is one sentence
 * part (static). */
enum status socket_listen(const char *address, int *ret_socket, char *ret_address, size_t ret_size, const char **ret_message);
/* A peer's address without its port; "unknown" for what is no internet address. */
void socket_peer_text(const struct sockaddr *address, char *ret, size_t ret_size);

#endif
