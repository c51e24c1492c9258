/* raw_client.h - a crash client written by hand against proto/pipe.h and proto/block.h: it can also say and write what no honest client
 * would. The client is always the calling process. */
#ifndef SALVOR_TESTS_RAW_CLIENT_H
#define SALVOR_TESTS_RAW_CLIENT_H
#include "proto/block.h"
#include "proto/pipe.h"
#include <stdbool.h>
#include <windows.h>

struct raw_client {
    HANDLE section, request, done, monitor;
    struct block *block;
    struct pipe_reply reply;
};

/* A sound HELLO of this process. */
struct pipe_hello raw_hello(void);
/* Opens the pipe, waiting up to timeout_ms for a free instance; INVALID_HANDLE_VALUE when there is none. */
HANDLE raw_open(const char *pipe, DWORD timeout_ms);
/* Sends the bytes and reads the answer; the number of bytes read, 0 when the monitor hung up. */
size_t raw_exchange(const char *pipe, const void *message, size_t size, struct pipe_reply *ret);
/* The verdict on a message; -1 when there was no whole reply. */
int raw_verdict(const char *pipe, const void *message, size_t size);

/* Registers this process and maps the block; fails the test when it is refused. */
void raw_register(const char *pipe, struct raw_client *ret);
void raw_forget(struct raw_client *client);
/* Puts an access violation of this thread into the block. */
void raw_fault(struct raw_client *client);
void raw_annotate(struct raw_client *client, unsigned slot, const char *key, const char *value);
/* Asks for a dump and waits; the block's final state, or what it is after timeout_ms. */
uint32_t raw_request(struct raw_client *client, DWORD timeout_ms);

#endif
