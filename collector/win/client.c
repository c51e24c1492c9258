/* client.c - makes, shares and watches what the monitor keeps for one client.
 *
 * The monitor makes the section and the events and duplicates them into the client; it never maps a section that a client made. */
#include "client.h"
#include "base/log.h"
#include "base/win/wide.h"
#include "descriptor.h"
#include "proto/report.h"
#include <stdlib.h>
#include <string.h>

#define CLIENT_RIGHTS   (PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_DUP_HANDLE | SYNCHRONIZE)
#define ONE_SHOT        (WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE)
#define MAX_IMAGE_CHARS 32768 /* the longest path the kernel gives */

static enum status image_name(HANDLE process, char **ret)
{
    DWORD chars = MAX_IMAGE_CHARS;
    WCHAR *path = malloc(chars * sizeof *path);
    enum status st = ST_OK;

    if (!path)
        return ST_MEMORY;
    if (!QueryFullProcessImageNameW(process, 0, path, &chars)) {
        st = status_from_win32(GetLastError());
    } else {
        const WCHAR *slash = wcsrchr(path, L'\\');
        *ret = wide_to_utf8(slash ? slash + 1 : path);
        st = *ret ? ST_OK : ST_MEMORY;
    }
    free(path);
    return st;
}

static bool started_at(HANDLE process, uint64_t start_filetime)
{
    FILETIME created, exited, kernel, user;

    if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
        return false;
    return ((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) == start_filetime;
}

const char *peer_open(struct peer *ret, uint32_t pid, uint64_t start_filetime, enum pipe_verdict *ret_verdict)
{
    struct peer peer = {.pid = pid, .start_filetime = start_filetime};
    const char *why = NULL;
    DWORD session = 0;

    *ret_verdict = PIPE_BAD_IDENTITY;
    if (!ProcessIdToSessionId(pid, &session))
        return "has no session";
    peer.session = session;
    peer.process = OpenProcess(CLIENT_RIGHTS, FALSE, pid);
    if (!peer.process)
        return "cannot have its process opened";
    if (!started_at(peer.process, start_filetime)) {
        why = "names a start time that is not its process's";
    } else if (image_name(peer.process, &peer.app) || descriptor_process_user(peer.process, &peer.user)) {
        *ret_verdict = PIPE_INTERNAL;
        why = "has a program or user that cannot be read";
    }
    if (why)
        peer_done(&peer);
    else
        *ret = peer;
    return why;
}

void peer_done(struct peer *peer)
{
    if (peer->process)
        CloseHandle(peer->process);
    free(peer->app);
    free(peer->user);
    *peer = (struct peer){0};
}

static void head_init(volatile struct block *head, const struct peer *peer, uint32_t pointer_bits)
{
    head->magic = BLOCK_MAGIC;
    head->version = BLOCK_VERSION;
    head->size_bytes = sizeof(struct block);
    head->pid = peer->pid;
    head->pointer_bits = pointer_bits;
    head->start_filetime = peer->start_filetime;
}

/* The inbox lies behind the page that stays mapped, so it is written through a view of its own. */
static bool write_inbox(HANDLE section, const char *inbox)
{
    struct block *block;

    if (!inbox)
        return true;
    block = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *block);
    if (!block)
        return false;
    /* A name that does not fit is left out: a part of it would be another folder. */
    if (strlen(inbox) < sizeof block->inbox)
        memcpy(block->inbox, inbox, strlen(inbox) + 1);
    UnmapViewOfFile(block);
    return true;
}

enum status client_create(struct client **ret, struct peer *peer, uint32_t id, uint32_t pointer_bits, const char *inbox)
{
    struct client *client = calloc(1, sizeof *client);

    if (!client) {
        peer_done(peer);
        return ST_MEMORY;
    }
    client->peer = *peer;
    *peer = (struct peer){0};
    client->id = id;
    client->pointer_bits = pointer_bits;
    client->section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct block), NULL);
    if (client->section)
        client->head = MapViewOfFile(client->section, FILE_MAP_WRITE, 0, 0, CLIENT_HEAD_BYTES);
    client->request_event = CreateEventW(NULL, FALSE, FALSE, NULL);
    client->done_event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!client->head || !write_inbox(client->section, inbox) || !client->request_event || !client->done_event) {
        enum status st = status_from_win32(GetLastError());
        client_free(client);
        return st;
    }
    head_init(client->head, &client->peer, pointer_bits);
    *ret = client;
    return ST_OK;
}

static bool give(const struct client *client, HANDLE ours, DWORD rights, uint64_t *ret)
{
    HANDLE theirs = NULL;

    if (!DuplicateHandle(GetCurrentProcess(), ours, client->peer.process, &theirs, rights, FALSE, 0))
        return false;
    *ret = (uint64_t)(uintptr_t)theirs;
    return true;
}

static void take_back(const struct client *client, uint64_t *theirs)
{
    HANDLE ours = NULL;

    if (*theirs && DuplicateHandle(client->peer.process, (HANDLE)(uintptr_t)*theirs, GetCurrentProcess(), &ours, 0, FALSE,
                                   DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS))
        CloseHandle(ours);
    *theirs = 0;
}

enum status client_share(struct client *client, struct pipe_reply *reply)
{
    if (give(client, client->section, SECTION_MAP_READ | SECTION_MAP_WRITE, &reply->section) &&
        give(client, client->request_event, EVENT_MODIFY_STATE, &reply->request_event) &&
        give(client, client->done_event, SYNCHRONIZE, &reply->done_event) &&
        give(client, GetCurrentProcess(), SYNCHRONIZE, &reply->monitor))
        return ST_OK;
    enum status st = status_from_win32(GetLastError());
    take_back(client, &reply->section);
    take_back(client, &reply->request_event);
    take_back(client, &reply->done_event);
    take_back(client, &reply->monitor);
    return st;
}

static void CALLBACK post(void *context, BOOLEAN timed_out)
{
    const struct client_watch *watch = context;

    (void)timed_out;
    PostQueuedCompletionStatus(watch->port, watch->id, watch->key, NULL);
}

enum status client_watch(struct client *client, HANDLE port, ULONG_PTR request_key, ULONG_PTR exit_key)
{
    client->on_request = (struct client_watch){port, request_key, client->id};
    client->on_exit = (struct client_watch){port, exit_key, client->id};
    if (RegisterWaitForSingleObject(&client->wait_request, client->request_event, post, &client->on_request, INFINITE, ONE_SHOT) &&
        RegisterWaitForSingleObject(&client->wait_exit, client->peer.process, post, &client->on_exit, INFINITE, ONE_SHOT))
        return ST_OK;
    enum status st = status_from_win32(GetLastError());
    client_unwatch(client);
    return st;
}

static void stop_wait(HANDLE *wait)
{
    if (*wait)
        UnregisterWaitEx(*wait, INVALID_HANDLE_VALUE);
    *wait = NULL;
}

void client_watch_again(struct client *client)
{
    stop_wait(&client->wait_request);
    if (!RegisterWaitForSingleObject(&client->wait_request, client->request_event, post, &client->on_request, INFINITE, ONE_SHOT))
        log_error("client-unwatched", "pid=%u error=%lu", client->peer.pid, GetLastError());
}

void client_unwatch(struct client *client)
{
    stop_wait(&client->wait_request);
    stop_wait(&client->wait_exit);
}

struct block *client_copy_block(const struct client *client)
{
    const struct block_owner owner = {client->peer.pid, client->pointer_bits, client->peer.start_filetime};
    struct block *copy = calloc(1, sizeof *copy), *live = MapViewOfFile(client->section, FILE_MAP_READ, 0, 0, sizeof *live);

    if (copy && live) {
        report_copy_block(copy, live);
        block_mend(copy, &owner);
    } else {
        free(copy);
        copy = NULL;
    }
    if (live)
        UnmapViewOfFile(live);
    return copy;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    client_unwatch(client);
    if (client->head)
        UnmapViewOfFile((const void *)(uintptr_t)client->head);
    if (client->section)
        CloseHandle(client->section);
    if (client->request_event)
        CloseHandle(client->request_event);
    if (client->done_event)
        CloseHandle(client->done_event);
    peer_done(&client->peer);
    free(client);
}
