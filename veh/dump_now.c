/* dump_now.c - a dump without a crash: the program goes on afterwards. */
#include "base/text.h"
#include "private.h"
#include "proto/code.h"

static void describe(struct block *block, const CONTEXT *context, const char *reason)
{
    struct block_exception *made = &block->exception;

    memset(made, 0, sizeof *made);
    made->code = CODE_DUMP_WITHOUT_CRASH;
    made->thread_id = GetCurrentThreadId();
#if defined(_M_X64) || defined(__x86_64__)
    made->address = context->Rip;
#elif defined(_M_ARM64) || defined(__aarch64__)
    made->address = context->Pc;
#else
    made->address = context->Eip;
#endif
    made->context_size_bytes = sizeof *context;
    memcpy(made->context, context, sizeof *context);
    text_copy(block->reason, sizeof block->reason, reason ? reason : "");
    block->owner_thread = made->thread_id;
    block->source = BLOCK_SOURCE_CALL;
    block->request = BLOCK_REQUEST_DUMP_NOW;
    block->phase = BLOCK_PHASE_WAIT;
}

salvor_status SALVOR_CALL salvor_dump_now(const char *reason, char ret_id[37])
{
    salvor_status status = SALVOR_E_NO_MONITOR;
    struct client_link *link;
    CONTEXT context;

    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    RtlCaptureContext(&context);
    if (!capture_turn_begin())
        return SALVOR_E_STATE;
    link = capture_find_link();
    if (link) {
        describe(link->block, &context, reason);
        status = capture_ask_monitor() ? SALVOR_OK : SALVOR_E_TIMEOUT;
    }
    if (status == SALVOR_OK && ret_id) {
        memcpy(ret_id, link->block->report_id, 36);
        ret_id[36] = 0;
    }
    if (link)
        memset(link->block->reason, 0, sizeof link->block->reason);
    capture_turn_end();
    return status;
}
