/* spares.c - see spares.h. */
#include "spares.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdlib.h>

#define SETTLE_MS                                                                                                                          \
    2000 /* none is started sooner after its first client or the last dump: programs that end at once, or crash over and over, need        \
            the processor more */
#define RETRY_MS 60000 /* after a start that failed */

/* Spares of one kind of rights. Emptied when its last client leaves, or when the start under way then is over. */
struct slot {
    struct spares *spares;
    struct dumper_rights rights; /* not changed while one is being started */
    struct dumper_process *dumper;
    uint32_t kind; /* 0 = empty */
    uint32_t clients;
    bool is_starting;
    uint64_t due_ms; /* not started before; steady */
};

struct spares {
    const char *const *command;
    bool as_client;
    SRWLOCK lock;
    CONDITION_VARIABLE started;
    struct slot slots[SPARES_MAX];
    uint32_t last_kind;
};

enum status spares_create(struct spares **ret, const char *const *command, bool as_client)
{
    struct spares *spares = calloc(1, sizeof *spares);

    if (!spares)
        return ST_MEMORY;
    spares->command = command;
    spares->as_client = as_client;
    InitializeSRWLock(&spares->lock);
    InitializeConditionVariable(&spares->started);
    for (size_t i = 0; i < SPARES_MAX; i++)
        spares->slots[i].spares = spares;
    *ret = spares;
    return ST_OK;
}

static struct slot *find_rights(struct spares *spares, const struct dumper_rights *rights)
{
    for (size_t i = 0; i < SPARES_MAX; i++)
        if (spares->slots[i].kind && dumper_rights_equal(&spares->slots[i].rights, rights))
            return &spares->slots[i];
    return NULL;
}

static struct slot *find_kind(struct spares *spares, uint32_t kind)
{
    for (size_t i = 0; i < SPARES_MAX; i++)
        if (spares->slots[i].kind == kind)
            return &spares->slots[i];
    return NULL;
}

/* What its spare was, for the caller to free without the lock. */
static struct dumper_process *empty(struct slot *slot)
{
    struct dumper_process *dumper = slot->dumper;

    slot->dumper = NULL;
    if (slot->clients || slot->is_starting)
        return dumper;
    dumper_rights_done(&slot->rights);
    slot->kind = 0;
    return dumper;
}

uint32_t spares_join(struct spares *spares, HANDLE process)
{
    struct dumper_rights rights;
    uint32_t kind = 0;

    if (!spares)
        return 0;
    dumper_rights_of(&rights, spares->as_client, process);
    AcquireSRWLockExclusive(&spares->lock);
    struct slot *slot = find_rights(spares, &rights);
    if (!slot && rights.is_known && (slot = find_kind(spares, 0)) != NULL) {
        slot->rights = rights;
        rights = (struct dumper_rights){0};
        slot->kind = ++spares->last_kind;
        slot->due_ms = clock_steady_ms() + SETTLE_MS;
    }
    if (slot) {
        slot->clients++;
        kind = slot->kind;
    }
    ReleaseSRWLockExclusive(&spares->lock);
    dumper_rights_done(&rights);
    return kind;
}

void spares_leave(struct spares *spares, uint32_t kind)
{
    struct dumper_process *dumper = NULL;

    if (!kind)
        return;
    AcquireSRWLockExclusive(&spares->lock);
    struct slot *slot = find_kind(spares, kind);
    if (slot && --slot->clients == 0)
        dumper = empty(slot);
    ReleaseSRWLockExclusive(&spares->lock);
    dumper_process_free(dumper);
}

static DWORD WINAPI start_thread(void *context)
{
    struct slot *slot = context;
    struct spares *spares = slot->spares;
    struct dumper_process *dumper = NULL;
    const char *why = "";
    enum status st = dumper_process_start(&dumper, spares->command, &slot->rights, &why);

    if (st)
        log_warn("spare-not-started", "status=%s reason=\"%s\" consequence=\"the next crash waits for a dumper to start\"", status_name(st),
                 why);
    AcquireSRWLockExclusive(&spares->lock);
    slot->is_starting = false;
    slot->dumper = dumper;
    slot->due_ms = st ? clock_steady_ms() + RETRY_MS : 0;
    dumper = slot->clients ? NULL : empty(slot);
    WakeAllConditionVariable(&spares->started);
    ReleaseSRWLockExclusive(&spares->lock);
    dumper_process_free(dumper);
    return 0;
}

bool spares_fill(struct spares *spares)
{
    uint64_t now = clock_steady_ms();
    bool ret = false;

    if (!spares)
        return false;
    AcquireSRWLockExclusive(&spares->lock);
    for (size_t i = 0; i < SPARES_MAX; i++) {
        struct slot *slot = &spares->slots[i];
        if (slot->clients && !slot->dumper && !slot->is_starting && now >= slot->due_ms)
            slot->is_starting = QueueUserWorkItem(start_thread, slot, WT_EXECUTELONGFUNCTION) != 0;
        ret = ret || slot->is_starting;
    }
    ReleaseSRWLockExclusive(&spares->lock);
    return ret;
}

/* One that is being started is as good: starting a second would take longer. */
struct dumper_process *spares_take(struct spares *spares, const struct dumper_rights *rights)
{
    struct dumper_process *dumper = NULL;
    uint64_t now = clock_steady_ms();

    if (!spares)
        return NULL;
    AcquireSRWLockExclusive(&spares->lock);
    struct slot *slot = find_rights(spares, rights);
    if (slot && slot->is_starting)
        SleepConditionVariableSRW(&spares->started, &spares->lock, INFINITE, 0);
    slot = find_rights(spares, rights);
    if (slot) {
        dumper = slot->dumper;
        slot->dumper = NULL;
        if (slot->due_ms < now + SETTLE_MS)
            slot->due_ms = now + SETTLE_MS;
    }
    ReleaseSRWLockExclusive(&spares->lock);
    if (dumper && !dumper_process_is_alive(dumper)) {
        log_warn("spare-gone", "pid=%u consequence=\"the crash waits for another to start\"", process_id(dumper->process));
        dumper_process_free(dumper);
        return NULL;
    }
    return dumper;
}

static bool is_starting(const struct spares *spares)
{
    for (size_t i = 0; i < SPARES_MAX; i++)
        if (spares->slots[i].is_starting)
            return true;
    return false;
}

void spares_free(struct spares *spares)
{
    if (!spares)
        return;
    AcquireSRWLockExclusive(&spares->lock);
    while (is_starting(spares))
        SleepConditionVariableSRW(&spares->started, &spares->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&spares->lock);
    for (size_t i = 0; i < SPARES_MAX; i++) {
        dumper_process_free(spares->slots[i].dumper);
        dumper_rights_done(&spares->slots[i].rights);
    }
    free(spares);
}
