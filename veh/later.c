/* later.c - calls of the public header that this version does not carry out yet; docs/architecture.md lists them. */
#include "private.h"

void SALVOR_CALL salvor_health_init_size(salvor_health *health, size_t size)
{
    if (!health || size < sizeof health->size)
        return;
    memset(health, 0, size);
    health->size = (uint32_t)size;
}

salvor_status SALVOR_CALL salvor_verify(salvor_health *ret_health)
{
    (void)ret_health;
    return SALVOR_E_STATE;
}

salvor_status SALVOR_CALL salvor_heartbeat(void)
{
    return SALVOR_E_STATE;
}

salvor_status SALVOR_CALL salvor_crashed_last_run(char ret_id[37])
{
    (void)ret_id;
    return SALVOR_E_STATE;
}

salvor_status SALVOR_CALL salvor_add_comment(const char *report_id, const char *name, const char *email, const char *text)
{
    (void)report_id, (void)name, (void)email, (void)text;
    return SALVOR_E_STATE;
}

size_t SALVOR_CALL salvor_child_environment(char *buffer, size_t size_bytes)
{
    if (buffer && size_bytes)
        buffer[0] = 0;
    return 0;
}
