/* raw_client.c - see raw_client.h. */
#include "raw_client.h"
#include "base/win/wide.h"
#include "harness.h"
#include "proto/code.h"
#include <stdlib.h>
#include <string.h>

struct pipe_hello raw_hello(void)
{
    FILETIME created, exited, kernel, user;
    struct pipe_hello hello = {
        .magic = PIPE_MAGIC,
        .version = PIPE_VERSION,
        .size_bytes = sizeof hello,
        .pid = GetCurrentProcessId(),
        .pointer_bits = sizeof(void *) * 8,
        .block_version = BLOCK_VERSION,
    };

    assert_true(GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user));
    hello.start_filetime = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    return hello;
}

HANDLE raw_open(const char *pipe, DWORD timeout_ms)
{
    wchar_t *name = wide_from_utf8(pipe);
    HANDLE handle = INVALID_HANDLE_VALUE;

    assert_non_null(name);
    do
        handle = CreateFileW(name, FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE, 0, NULL,
                             OPEN_EXISTING, 0, NULL);
    while (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY && WaitNamedPipeW(name, timeout_ms));
    free(name);
    return handle;
}

size_t raw_exchange(const char *pipe, const void *message, size_t size, struct pipe_reply *ret)
{
    HANDLE handle = raw_open(pipe, 10000);
    DWORD moved = 0;

    assert_true(handle != INVALID_HANDLE_VALUE);
    if (!WriteFile(handle, message, (DWORD)size, &moved, NULL) || !ReadFile(handle, ret, sizeof *ret, &moved, NULL))
        moved = 0;
    CloseHandle(handle);
    return moved;
}

int raw_verdict(const char *pipe, const void *message, size_t size)
{
    struct pipe_reply reply;

    return raw_exchange(pipe, message, size, &reply) == sizeof reply ? (int)reply.verdict : -1;
}

void raw_register(const char *pipe, struct raw_client *ret)
{
    struct pipe_hello hello = raw_hello();

    memset(ret, 0, sizeof *ret);
    assert_int_equal(raw_exchange(pipe, &hello, sizeof hello, &ret->reply), sizeof ret->reply);
    assert_null(pipe_reply_check(&ret->reply, sizeof ret->reply));
    assert_int_equal(ret->reply.verdict, PIPE_ACCEPTED);
    ret->section = (HANDLE)(uintptr_t)ret->reply.section;
    ret->request = (HANDLE)(uintptr_t)ret->reply.request_event;
    ret->done = (HANDLE)(uintptr_t)ret->reply.done_event;
    ret->monitor = (HANDLE)(uintptr_t)ret->reply.monitor;
    ret->block = MapViewOfFile(ret->section, FILE_MAP_WRITE, 0, 0, sizeof *ret->block);
    assert_non_null(ret->block);
}

void raw_forget(struct raw_client *client)
{
    UnmapViewOfFile(client->block);
    CloseHandle(client->section);
    CloseHandle(client->request);
    CloseHandle(client->done);
    CloseHandle(client->monitor);
}

void raw_fault(struct raw_client *client)
{
    struct block_exception *exception = &client->block->exception;
    CONTEXT context;

    RtlCaptureContext(&context);
    exception->code = CODE_ACCESS_VIOLATION;
    exception->address = (uint64_t)(uintptr_t)&raw_fault;
    exception->parameter_count = 2;
    exception->parameters[0] = 1;
    exception->parameters[1] = 0x10;
    exception->thread_id = GetCurrentThreadId();
    exception->context_size_bytes = sizeof context;
    memcpy(exception->context, &context, sizeof context);
    client->block->source = BLOCK_SOURCE_VEH;
}

void raw_annotate(struct raw_client *client, unsigned slot, const char *key, const char *value)
{
    struct block_annotation *annotation = &client->block->annotations[slot];

    annotation->key_bytes = (uint16_t)strlen(key);
    annotation->value_bytes = (uint16_t)strlen(value);
    memcpy(annotation->key, key, strlen(key));
    memcpy(annotation->value, value, strlen(value));
    annotation->sequence = 2;
}

uint32_t raw_request(struct raw_client *client, DWORD timeout_ms)
{
    client->block->request = BLOCK_REQUEST_CRASH;
    InterlockedExchange((volatile LONG *)&client->block->state, BLOCK_REQUESTED);
    assert_true(SetEvent(client->request));
    WaitForSingleObject(client->done, timeout_ms);
    return *(volatile uint32_t *)&client->block->state;
}
