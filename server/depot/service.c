/* service.c - what the routes of symbols share. */
#include "depot/service.h"
#include "base/clock.h"
#include "depot/chunk_store.h"
#include "depot/upload_slots.h"

bool symbol_service_has_space(struct symbol_service *service, struct refusal *refusal)
{
    uint64_t free_bytes = 0;
    upload_slots_sweep(service->slots, clock_steady_ms());
    enum status status = file_free_space(depot_new_folder(service->depot), &free_bytes);
    if (!status && free_bytes < service->min_free_bytes)
        status = ST_FULL;
    return status ? refusal_set_status(refusal, status) : true;
}

void symbol_service_cancel(void *context)
{
    atomic_store(((struct symbol_service *)context)->cancel, true);
}

bool symbol_service_is_final(enum status status)
{
    return status == ST_REFUSED || status == ST_FORMAT || status == ST_NOT_FOUND;
}
