/* minicut.h - a full-memory minidump without its memory but for the threads' stacks: a hundredth of the size, and its stacks can be walked.
 *
 * Format: https://learn.microsoft.com/windows/win32/api/minidumpapiset/. In a full dump the memory of Memory64List lies in one run, with
 * what other streams point at before it; streams that were added later stand behind it. The cut takes that run out, moves up what follows,
 * and ends with a MemoryList of stacks in the place of Memory64List. */
#ifndef SALVOR_UPLOADER_MINICUT_H
#define SALVOR_UPLOADER_MINICUT_H
#include "base/file.h"

#define MINICUT_STACK_BYTES (1024u * 1024) /* of each thread at most */
#define MINICUT_MAX_STACKS  2048u

struct minicut_piece {
    uint64_t offset, size_bytes; /* in the file */
    const uint8_t *bytes;        /* these instead, where not NULL */
};

struct minicut {
    struct minicut_piece *pieces; /* one after the other they are the cut */
    size_t piece_count, piece_room;
    uint64_t size_bytes;
    struct buffer header, directory, names, list; /* what differs from the file */
};

/* Plans the cut of the minidump in a file's first size_bytes. ST_NOT_FOUND: it has no full memory. ST_UNSUPPORTED: something in it could
 * not be moved. Other errors: it is damaged, those of reading, ST_MEMORY. */
enum status minicut_plan(struct minicut *ret, struct file *file, uint64_t size_bytes);
void minicut_done(struct minicut *cut); /* may be called twice, and on a zeroed one */

#endif
