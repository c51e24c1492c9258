/* listener.h - the monitor's named pipe: several instances, each one HELLO and one REPLY under a deadline. */
#ifndef SALVOR_COLLECTOR_WIN_LISTENER_H
#define SALVOR_COLLECTOR_WIN_LISTENER_H
#include "base/status.h"
#include "proto/pipe.h"
#include <windows.h>

/* Answers a sound HELLO whose pid the kernel has confirmed, by filling in the reply's verdict and handles; its head is filled in already.
 */
typedef void listener_answer(void *context, const struct pipe_hello *hello, struct pipe_reply *reply);

struct listener_options {
    const char *pipe_name;
    SECURITY_ATTRIBUTES *security;
    HANDLE port;   /* completion port that receives the pipe's packets */
    ULONG_PTR key; /* their key */
    listener_answer *answer;
    void *context;
};

struct listener;
/* Clients can connect from here on. ST_ACCESS or ST_EXISTS: another program owns the name. */
enum status listener_create(struct listener **ret, const struct listener_options *options);
/* Handles one packet with the listener's key: bytes from GetQueuedCompletionStatus, and ERROR_SUCCESS or its error. */
void listener_packet(struct listener *listener, OVERLAPPED *packet, DWORD error, DWORD bytes);
/* Cuts off clients that are past their deadline; returns the milliseconds until the next deadline, INFINITE for none. */
DWORD listener_expire(struct listener *listener);
void listener_free(struct listener *listener); /* accepts NULL; cancels and waits for what is under way */

#endif
