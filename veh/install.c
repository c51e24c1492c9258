/* install.c - salvor_install and its reverse: arms at once, lets link.c find the monitor in the background. */
#include "peer.h"
#include "private.h"
#include <stdlib.h>
#include <string.h>

struct client client;
struct settings settings;

static void on_exit_cleanly(void)
{
    data_clean_exit();
}

static void close_handle(HANDLE *handle)
{
    if (*handle)
        CloseHandle(*handle);
    *handle = NULL;
}

static void close_events(void)
{
    close_handle(&client.ready);
    close_handle(&client.unparked);
    close_handle(&client.stop);
    close_handle(&client.resort_known);
    close_handle(&client.filter_timer);
}

static bool make_events(void)
{
    client.ready = CreateEventW(NULL, TRUE, FALSE, NULL);
    client.unparked = CreateEventW(NULL, TRUE, FALSE, NULL);
    client.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    client.filter_timer = CreateWaitableTimerW(NULL, FALSE, NULL);
    client.resort_known = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (client.ready && client.unparked && client.stop && client.resort_known && client.filter_timer)
        return true;
    close_events();
    return false;
}

/* What the crash path reads, in place before the first handler is armed. */
static void publish(const struct settings *from)
{
    client.flags = from->flags;
    client.handlers = from->handlers;
    client.after_dump = from->after_dump;
    client.start_timeout_ms = from->start_timeout_ms;
    client.crash_timeout_ms = from->crash_timeout_ms;
    client.filter = from->filter;
    client.filter_context = from->filter_context;
    data_init(from);
    wer_register(from);
    package_register(from);
    client.last_resort = resort_choose(from);
    client.block->last_resort = (uint32_t)client.last_resort;
    MemoryBarrier();
}

static salvor_status install(const salvor_options *options)
{
    salvor_status status = settings_read(&settings, options);
    if (status != SALVOR_OK)
        return status;
    if (!make_events()) {
        settings_done(&settings);
        return SALVOR_E_SYSTEM;
    }
    last_run_prepare(&settings);
    publish(&settings);
    InterlockedExchange(&client.phase, CLIENT_INSTALLED);
    hooks_install(&settings);
    atexit(on_exit_cleanly);
    if (settings.stack_guarantee_bytes)
        salvor_thread_init();
    return link_start();
}

salvor_status SALVOR_CALL salvor_install(const salvor_options *options)
{
    salvor_status status;
    if (!options)
        return SALVOR_E_ARGUMENT;
    if (launch_is_monitor_command_line())
        return SALVOR_E_IS_MONITOR;
    if (InterlockedCompareExchange(&client.phase, CLIENT_INSTALLING, CLIENT_NEW) != CLIENT_NEW)
        return client.phase == CLIENT_UNINSTALLED ? SALVOR_E_STATE : SALVOR_E_ALREADY;
    if (!peer_claim(&peer_own)) {
        InterlockedExchange(&client.phase, CLIENT_NEW);
        return SALVOR_E_ALREADY;
    }
    status = install(options);
    if (client.phase == CLIENT_INSTALLING) {
        peer_release();
        InterlockedExchange(&client.phase, CLIENT_NEW);
    }
    return status;
}

salvor_status SALVOR_CALL salvor_uninstall(void)
{
    if (InterlockedCompareExchange(&client.phase, CLIENT_UNINSTALLED, CLIENT_INSTALLED) != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    hooks_remove(&settings);
    wer_unregister();
    package_unregister();
    data_clean_exit();
    link_stop();
    resort_stop();
    peer_release();
    settings_done(&settings);
    return SALVOR_OK;
}

salvor_status SALVOR_CALL salvor_wait_ready(uint32_t timeout_ms)
{
    DWORD woke;
    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    woke = WaitForSingleObject(client.ready, timeout_ms);
    if (woke == WAIT_TIMEOUT)
        return SALVOR_E_TIMEOUT;
    if (woke != WAIT_OBJECT_0)
        return SALVOR_E_SYSTEM;
    return client.link ? SALVOR_OK : SALVOR_E_NO_MONITOR;
}

salvor_status SALVOR_CALL salvor_heartbeat(void)
{
    struct block *block = client.block;
    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    /* Aligned and 64 bits wide: one store where it matters; a 32-bit client's torn value is corrected by its next beat. */
    *(volatile uint64_t *)&block->heartbeat = GetTickCount64();
    return SALVOR_OK;
}

salvor_status SALVOR_CALL salvor_set_consent(uint32_t consent)
{
    const struct peer_table *peer = peer_current();

    if (peer)
        return peer->set_consent(consent);
    if (consent > SALVOR_CONSENT_NO)
        return SALVOR_E_ARGUMENT;
    if (client.phase == CLIENT_UNINSTALLED)
        return SALVOR_E_STATE;
    (client.block ? client.block : &client_local_block)->consent = consent;
    return SALVOR_OK;
}

long SALVOR_CALL salvor_handle_exception(void *exception_pointers)
{
    EXCEPTION_POINTERS *pointers = exception_pointers;
    if (!pointers || !pointers->ExceptionRecord || client.phase != CLIENT_INSTALLED)
        return EXCEPTION_CONTINUE_SEARCH;
    return capture_fault(pointers, BLOCK_SOURCE_CALL);
}
