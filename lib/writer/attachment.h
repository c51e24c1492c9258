/* attachment.h - files that a crashed program wants sent along (salvor_add_attachment), read with that program's rights.
 *
 * Only regular files on a local drive: no shares, devices, alternate streams, links or files that are yet to be fetched from elsewhere. A
 * file that is refused is named in the record and costs nothing else. Windows only. */
#ifndef SALVOR_WRITER_ATTACHMENT_H
#define SALVOR_WRITER_ATTACHMENT_H
#include "proto/block.h"
#include "proto/record.h"
#include <windows.h>

#define ATTACHMENT_MAX_BYTES     (16u * 1024 * 1024)
#define ATTACHMENT_MAX_ALL_BYTES (64u * 1024 * 1024)
#define ATTACHMENT_NAME_BYTES    201 /* path_is_plain_name's ceiling and a terminator */

struct attachment {
    HANDLE file;
    uint64_t size_bytes; /* as it was when it was opened; no more is read */
    char name[ATTACHMENT_NAME_BYTES];
};

struct attachments {
    struct attachment items[BLOCK_MAX_ATTACHMENTS];
    size_t count;
};

/* The token of the process's user for attachments_open; INVALID_HANDLE_VALUE when it is not to be had. The caller closes it. */
HANDLE attachments_token(HANDLE process);
/* Opens what a checked block names, as the token's user; NULL: as ourselves, INVALID_HANDLE_VALUE: nothing may be opened. Allocates
 * nothing. Writes a RECORD_ATTACHMENT_REFUSED line for each that is left out. */
void attachments_open(struct attachments *ret, const struct block *copy, HANDLE token, struct record_writer *record);
/* Copies them behind offset in the file, one after the other, up to most_end; one that would end behind it, or cannot be read to its end,
 * is dropped from the list and named in the record. */
void attachments_write(struct attachments *attachments, HANDLE file, uint64_t offset, uint64_t most_end, struct record_writer *record);
void attachments_close(struct attachments *attachments); /* may be called twice; names and sizes stay */

#endif
