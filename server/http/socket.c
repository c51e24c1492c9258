/* socket.c - see socket.h. */
#include "http/socket.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

/* Splits at the last colon; brackets around an IPv6 address are dropped. */
static bool split_address(const char *address, char *host, size_t host_size, char *port, size_t port_size)
{
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || !colon[1])
        return false;
    const char *start = address;
    size_t length = (size_t)(colon - address);
    if (start[0] == '[' && start[length - 1] == ']') {
        start++;
        length -= 2;
    }
    if (!length || length >= host_size)
        return false;
    memcpy(host, start, length);
    host[length] = 0;
    uint64_t number = 0;
    return text_copy(port, port_size, colon + 1) && text_parse_u64(port, &number) && number <= 65535;
}

static void format_address(const struct sockaddr_storage *address, char *ret, size_t ret_size)
{
    char host[INET6_ADDRSTRLEN];
    socket_peer_text((const struct sockaddr *)address, host, sizeof host);
    if (address->ss_family == AF_INET6)
        snprintf(ret, ret_size, "[%s]:%u", host, (unsigned)ntohs(((const struct sockaddr_in6 *)address)->sin6_port));
    else
        snprintf(ret, ret_size, "%s:%u", host, (unsigned)ntohs(((const struct sockaddr_in *)address)->sin_port));
}

static enum status open_socket(const struct addrinfo *found, int *ret)
{
    int on = 1;
    int os = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, found->ai_protocol);
    if (os < 0)
        return status_from_errno(errno);
    setsockopt(os, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(os, found->ai_addr, found->ai_addrlen) || listen(os, BACKLOG)) {
        enum status status = status_from_errno(errno);
        close(os);
        return status;
    }
    *ret = os;
    return ST_OK;
}

enum status socket_listen(const char *address, int *ret_socket, char *ret_address, size_t ret_size, const char **ret_message)
{
    char host[256], port[16];
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!split_address(address, host, sizeof host, port, sizeof port)) {
        *ret_message = "an address looks like 127.0.0.1:8080 or [::1]:8080";
        return ST_ARGUMENT;
    }
    if (getaddrinfo(host, port, &hints, &found)) {
        *ret_message = "there is no such address or port";
        return ST_ARGUMENT;
    }
    enum status status = open_socket(found, ret_socket);
    freeaddrinfo(found);
    if (status) {
        *ret_message = status_text(status);
        return status;
    }
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    memset(&bound, 0, sizeof bound);
    getsockname(*ret_socket, (struct sockaddr *)&bound, &size);
    format_address(&bound, ret_address, ret_size);
    return ST_OK;
}

void socket_peer_text(const struct sockaddr *address, char *ret, size_t ret_size)
{
    const char *text = NULL;
    if (address && address->sa_family == AF_INET)
        text = inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, ret, (socklen_t)ret_size);
    else if (address && address->sa_family == AF_INET6)
        text = inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, ret, (socklen_t)ret_size);
    if (!text)
        text_copy(ret, ret_size, "unknown");
}
