/* health.c - salvor_verify: what would happen if the program crashed now; what was replaced is armed again. */
#include "base/file.h"
#include "base/text.h"
#include "private.h"
#include <stdlib.h>
#include <string.h>

void SALVOR_CALL salvor_health_init_size(salvor_health *health, size_t size)
{
    if (!health || size < sizeof health->size)
        return;
    memset(health, 0, size);
    health->size = (uint32_t)size;
}

/* Complete reports in <spool_dir>/pending: what a child monitor or the last resort left. */
static uint32_t count_waiting(const char *spool_dir)
{
    char *path = spool_dir ? path_joined(spool_dir, "pending") : NULL;
    struct folder *folder;
    const char *name;
    uint32_t count = 0;

    if (path && folder_open(&folder, path) == ST_OK) {
        while (folder_next(folder, &name) == ST_OK)
            count += text_ends_nocase(name, ".dmp") ? 1u : 0u;
        folder_close(folder);
    }
    free(path);
    return count;
}

static void look_at_monitor(salvor_health *ret)
{
    const struct client_link *link = client.link;
    ret->monitor_alive = link && WaitForSingleObject(link->monitor, 0) == WAIT_TIMEOUT;
    ret->monitor_is_service = ret->monitor_alive && link->is_service;
}

static void look_at_wer(salvor_health *ret)
{
    ret->wer_module_found = wer_module_found();
    ret->wer_key_found = wer_key_found();
    ret->local_dumps_found = resort_localdumps_found() || package_dumps_registered();
    ret->error_mode_silences_wer = (GetErrorMode() & SEM_NOGPFAULTERRORBOX) != 0;
}

salvor_status SALVOR_CALL salvor_verify(salvor_health *ret_health)
{
    salvor_health health;

    if (!ret_health || ret_health->size < sizeof health)
        return SALVOR_E_ARGUMENT;
    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    salvor_health_init_size(&health, sizeof health);
    health.size = ret_health->size;
    health.filter_ours = hooks_filter_is_ours();
    health.veh_ours = hooks_vectored_is_ours();
    look_at_monitor(&health);
    look_at_wer(&health);
    health.debugger_present = IsDebuggerPresent() != FALSE;
    health.last_resort_ready = client.resort_go != NULL;
    health.reports_waiting = count_waiting(settings.spool_dir);
    memcpy(ret_health, &health, sizeof health);
    return SALVOR_OK;
}
