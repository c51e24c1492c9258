/* client.h - the one state of the client library, shared by install.c (normal context) and capture.c (crash context).
 *
 * capture.c reads what install.c and link.c made; it never allocates, locks or loads. Everything that changes after install is either a
 * volatile word moved by interlocked operations or lies behind `link`, which is published with a release store. */
#ifndef SALVOR_VEH_CLIENT_H
#define SALVOR_VEH_CLIENT_H
#include "proto/block.h"
#include "salvor.h"
#include <windows.h>
/* After windows.h. */
#include <winternl.h>

/* A registration with a monitor; immutable once published. */
struct client_link {
    struct block *block; /* the section that the monitor made */
    HANDLE section, request, done, monitor;
    uint32_t monitor_pid, is_service;
    char pipe[256]; /* by which it was reached; UTF-8 */
};

typedef NTSTATUS(NTAPI *nt_create_function)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG, ULONG,
                                            ULONG, PVOID, ULONG);

typedef NTSTATUS(NTAPI *nt_set_function)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, int);

enum client_phase { CLIENT_NEW = 0, CLIENT_INSTALLING = 1, CLIENT_INSTALLED = 2, CLIENT_UNINSTALLED = 3 };

struct client {
    volatile LONG phase;               /* enum client_phase */
    struct block *volatile block;      /* the local block, or the linked section */
    struct client_link *volatile link; /* NULL = no monitor */
    volatile LONG linking;             /* 1 while the first registration is under way and can still succeed */

    /* The crash in hand. */
    volatile LONG owner;       /* id of the thread that handles a crash; 0 = none */
    volatile LONG step;        /* enum capture_step */
    CONTEXT filter_back;       /* where the user filter was called from */
    void *filter_list;         /* and the exception handlers that there were; x86 only */
    volatile LONG in_previous; /* id of the thread that runs the previous filter */
    DWORD passed_thread, passed_code;
    const void *passed_address;

    HANDLE ready;                  /* manual reset: the first registration ended, well or not */
    HANDLE unparked;               /* manual reset: the owner let go, parked threads look again */
    HANDLE stop;                   /* manual reset: salvor_uninstall */
    HANDLE filter_timer;           /* runs while the user filter does; link.c's thread steps in when it ends */
    HANDLE resort_known;           /* manual reset: the in-process writer stands by, or never will */
    HANDLE resort_go, resort_done; /* the in-process writer's; NULL until it stands by */

    OBJECT_ATTRIBUTES *last_crash; /* the file that tells the next start; NULL = none */
    nt_create_function create_file;
    nt_set_function set_file;
    void *vectored;
    LPTOP_LEVEL_EXCEPTION_FILTER previous_filter;
    void(__cdecl *previous_abort)(int);

    uint32_t flags, handlers, after_dump, start_timeout_ms, crash_timeout_ms;
    enum block_last_resort last_resort; /* the block says it too, but may be written over */
    int(SALVOR_CALL *filter)(void *, void *);
    void *filter_context;
};

extern struct client client;
extern struct block client_local_block;

/* -- capture.c: the crash path -- */
LONG WINAPI capture_filter(EXCEPTION_POINTERS *pointers);     /* the unhandled exception filter */
LONG CALLBACK capture_vectored(EXCEPTION_POINTERS *pointers); /* the vectored observer */
/* Handles a fault that a hook saw. Returns only when it is to be passed on or the user filter said no. */
LONG capture_fault(EXCEPTION_POINTERS *pointers, enum block_source source);
/* Makes a record of code for a death without an exception (abort ...), and ends the process unless the user filter says no. */
void capture_made(uint32_t code, enum block_source source);

/* The user filter has overrun its time: delivers the fault in its stead and ends the process. Returns when the filter came back after all.
 */
void capture_overrun(void);
/* salvor_dump_now takes the same turn as a crash does, so neither disturbs the other; false when this very thread has a crash in hand. */
bool capture_turn_begin(void);
void capture_turn_end(void);
/* The registration, or NULL; during start-up waits for the one that is under way, within the same bound that start-up has. */
struct client_link *capture_find_link(void);
/* Hands what lies in the block to the monitor and waits within the usual bounds; false when no dump came of it. */
bool capture_ask_monitor(void);

#endif
