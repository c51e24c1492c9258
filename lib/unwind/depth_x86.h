/* depth_x86.h - how much stack an x86 function without a frame pointer holds at its instruction pointer; not for other folders. */
#ifndef SALVOR_UNWIND_DEPTH_X86_H
#define SALVOR_UNWIND_DEPTH_X86_H
#include "unwind/method.h"

/* Follows the code from the record's start. *ret: bytes between esp and the return address. false: the code is not known, or does something
 * with esp that it does not tell. */
bool unwind_depth_x86(const struct unwind_request *request, const struct unwind_frame_record *record, uint32_t *ret);

#endif
