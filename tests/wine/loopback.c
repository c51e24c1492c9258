/* loopback.c - one connection after the other, on a thread: reads a whole request, answers 200 with an id, closes. */
#include <winsock2.h>
/* winsock2.h comes before windows.h, which the others bring */
#include "harness.h"
#include "loopback.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define HEAD_BYTES   16384
#define MAX_REQUESTS 16

struct loopback {
    SOCKET listening;
    HANDLE thread, arrived; /* semaphore: requests that nobody has asked for yet */
    char url[64];
    char *heads[MAX_REQUESTS];
    size_t count, taken;
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 49\r\nConnection: close\r\n\r\n"
                             "CrashID=bp-00000000-0000-5000-8000-000000000000\r\n";

/* Reads up to the empty line, into head; how much of the body came along, or -1. */
static long read_head(SOCKET connection, char head[HEAD_BYTES])
{
    size_t len = 0;
    char *end = NULL;

    while (!end && len + 1 < HEAD_BYTES) {
        int got = recv(connection, head + len, (int)(HEAD_BYTES - 1 - len), 0);
        if (got <= 0)
            return -1;
        len += (size_t)got;
        head[len] = 0;
        end = strstr(head, "\r\n\r\n");
    }
    if (!end)
        return -1;
    end[2] = 0;
    return (long)(len - (size_t)(end + 4 - head));
}

static bool read_body(SOCKET connection, const char *head, long have)
{
    const char *found = strstr(head, "Content-Length: ");
    long left = found ? strtol(found + 16, NULL, 10) - have : 0;
    char chunk[4096];

    while (left > 0) {
        int got = recv(connection, chunk, left < (long)sizeof chunk ? (int)left : (int)sizeof chunk, 0);
        if (got <= 0)
            return false;
        left -= got;
    }
    return true;
}

static void serve(struct loopback *server, SOCKET connection)
{
    char *head = malloc(HEAD_BYTES);
    long have = head ? read_head(connection, head) : -1;

    if (have < 0 || server->count == MAX_REQUESTS || !read_body(connection, head, have)) {
        free(head);
        return;
    }
    send(connection, answer, (int)strlen(answer), 0);
    server->heads[server->count++] = head;
    ReleaseSemaphore(server->arrived, 1, NULL);
}

static DWORD WINAPI run(void *context)
{
    struct loopback *server = context;
    SOCKET connection;

    while ((connection = accept(server->listening, NULL, NULL)) != INVALID_SOCKET) {
        serve(server, connection);
        shutdown(connection, SD_SEND);
        closesocket(connection);
    }
    return 0;
}

struct loopback *loopback_start(void)
{
    struct loopback *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    WSADATA data;

    assert_non_null(server);
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->listening != INVALID_SOCKET);
    assert_int_equal(bind(server->listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listening, 8), 0);
    assert_int_equal(getsockname(server->listening, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    server->arrived = CreateSemaphoreW(NULL, 0, MAX_REQUESTS, NULL);
    assert_non_null(server->arrived);
    server->thread = CreateThread(NULL, 0, run, server, 0, NULL);
    assert_non_null(server->thread);
    return server;
}

const char *loopback_url(const struct loopback *server)
{
    return server->url;
}

bool loopback_next(struct loopback *server, const char **ret_head, uint32_t timeout_ms)
{
    if (WaitForSingleObject(server->arrived, timeout_ms) != WAIT_OBJECT_0)
        return false;
    *ret_head = server->heads[server->taken++];
    return true;
}

void loopback_stop(struct loopback *server)
{
    closesocket(server->listening);
    WaitForSingleObject(server->thread, 10000);
    CloseHandle(server->thread);
    CloseHandle(server->arrived);
    for (size_t i = 0; i < server->count; i++)
        free(server->heads[i]);
    free(server);
    WSACleanup();
}
