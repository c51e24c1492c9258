/* target.h - the crashed process's shared block, as the WER module may use it. */
#ifndef SALVOR_WER_TARGET_H
#define SALVOR_WER_TARGET_H
#include "base/status.h"
#include "event.h"
#include "proto/block.h"

struct target {
    HANDLE process, section;
    struct block *live; /* the mapped section; NULL when it could not be duplicated */
    struct block *copy; /* checked by block_check; what everything else reads */
};

/* Reads the context at address in the process, reaches the section and takes a checked copy of the block. False: this is no client of ours,
 * or what it says cannot be used. Without a section the copy comes from the process's memory and nothing can be claimed. */
bool target_open(struct target *ret, HANDLE process, void *context);
void target_close(struct target *target);

enum target_claim {
    TARGET_OURS,      /* taken: write the dump */
    TARGET_UNCLAIMED, /* no section to take it in: write the dump, marked */
    TARGET_DONE,      /* another layer has the dump */
    TARGET_LOST       /* another layer is at it and stands still past its bound; write the dump all the same, marked */
};
/* Decides by the block's state, never by the exception code; waits while another layer's dump moves. */
enum target_claim target_claim(struct target *target);
void target_progress(void *target);                                                   /* counts one step in the live block */
void target_finish(struct target *target, enum status result, const char *report_id); /* DONE or FAILED */

#endif
