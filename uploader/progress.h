/* progress.h - one line on a terminal that tells how far a transfer is. */
#ifndef SALVOR_UPLOADER_PROGRESS_H
#define SALVOR_UPLOADER_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label;
    uint64_t drawn_ms; /* steady time of the last drawing; 0 = nothing on the screen */
};

/* Draws to stderr, ten times a second at most; for struct post_options. context: struct progress. */
void progress_show(void *context, uint64_t sent, uint64_t total);
/* Wipes the line, if there is one. */
void progress_clear(struct progress *progress);

#endif
