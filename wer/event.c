/* event.c - see event.h. */
#include "event.h"
#include "proto/code.h"
#include <string.h>

/* Without bIsFatal: noncontinuable, and neither a breakpoint nor the code by which WER reports a hang. */
static bool looks_fatal(const EXCEPTION_RECORD *record)
{
    return record->ExceptionFlags & EXCEPTION_NONCONTINUABLE && record->ExceptionCode != CODE_BREAKPOINT &&
           record->ExceptionCode != CODE_HANG;
}

bool wer_event_read(struct wer_event *ret, const struct wer_information *information)
{
    if (!information || information->size < WER_INFORMATION_OLD_BYTES || !information->process || !information->thread)
        return false;
    ret->process = information->process;
    ret->thread = information->thread;
    memcpy(&ret->record, &information->record, sizeof ret->record);
    memcpy(&ret->context, &information->context, sizeof ret->context);
    ret->fatality_known = information->size >= sizeof *information;
    ret->is_fatal = ret->fatality_known ? information->is_fatal != FALSE : looks_fatal(&ret->record);
    return true;
}
