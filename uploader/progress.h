/* progress.h - how far a transfer is: a bar over one terminal line, or now and then a line of `key=value` where nobody looks at a screen.
 */
#ifndef SALVOR_UPLOADER_PROGRESS_H
#define SALVOR_UPLOADER_PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_LINE_BYTES 512
#define PROGRESS_SAMPLES    8

struct progress {
    bool is_terminal;
    const char *label, *verb; /* what is under way, and what is done with it; lives on */
    uint64_t told_ms;         /* steady time of the last line; 0 = none yet */
    size_t drawn;             /* characters that stand on the terminal's line */
    /* the newest measurements, oldest first */
    struct progress_sample {
        uint64_t ms, done;
    } samples[PROGRESS_SAMPLES];
    unsigned sample_count;
};

/* Starts over with another file. */
void progress_begin(struct progress *progress, const char *label);
/* Both draw to stderr. context: struct progress. */
void progress_pack(void *context, uint64_t done, uint64_t total);
void progress_send(void *context, uint64_t sent, uint64_t total);
/* Wipes the line, if there is one. */
void progress_clear(struct progress *progress);

/* What stands behind the above: whether there is something to tell at this steady time, and the line without its end. */
bool progress_line(struct progress *progress, const char *verb, uint64_t now_ms, uint64_t done, uint64_t total,
                   char ret[PROGRESS_LINE_BYTES]);

#endif
