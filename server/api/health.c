/* health.c - /health, for load balancers and people without a login: whether the server works and how long its queue is. */
#include "api/api.h"
#include "store/job.h"

void api_health(struct api_call *call)
{
    struct db_tx *tx = NULL;
    int64_t queued = 0, dead = 0;
    enum status status = db_begin(call->api->store->db, DB_READ, &tx);
    if (!status)
        status = job_count(tx, &queued, &dead);
    db_rollback(tx);
    json_object_begin(&call->json);
    json_key(&call->json, "ok");
    json_bool(&call->json, true);
    api_text_member(&call->json, "version", SALVOR_VERSION);
    api_int_member(&call->json, "queue", queued);
    json_object_end(&call->json);
    api_answer(call, status);
}
