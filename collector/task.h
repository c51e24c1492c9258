/* task.h - what the broker hands to a dumper, and what it hears back: a section that both map.
 *
 * A dumper is started with nothing but this section and the two handles that it waits for; what is to be dumped, and the handles for it,
 * come when a program has crashed. The handles are values in the dumper. The broker believes nothing that it reads back but the bytes of
 * the record, and those only when they still begin with the identity lines that it wrote itself. */
#ifndef SALVOR_COLLECTOR_TASK_H
#define SALVOR_COLLECTOR_TASK_H
#include "dump_limits.h"
#include "proto/record.h"

#define DUMP_TASK_MAX_FILES  16u
#define DUMP_TASK_MAGIC      0x4b534154u /* "TASK" */
#define DUMP_TASK_VERSION    4u
#define DUMP_TASK_NAME_BYTES 208
#define DUMPER_COMMAND       "dumper" /* the hidden sub-command; its argument is the section's handle value */

/* A file that the dumper put behind the dump. */
struct dump_task_file {
    uint64_t size_bytes;
    char name[DUMP_TASK_NAME_BYTES];
};

struct dump_task {
    uint32_t magic, version, size_bytes, pid;
    uint64_t go,
        broker; /* handle values: the event is set when all that follows is there; the process that goes unannounced ends the wait */
    uint64_t process, block_section, file; /* handle values */
    uint64_t token;                        /* of the process's user, to open attachments with; 0 = not to be had */
    uint64_t start_filetime;               /* of the process, as the broker knows it, */
    uint64_t most_bytes;                   /* limits, as in dump_limits.h; */
    uint32_t progress;                     /* the dumper adds 1 whenever it gets on */
    uint32_t status;                       /* enum status, set last */
    uint32_t identity_bytes;               /* written by the broker: this much of record is the identity */
    uint32_t record_bytes;                 /* written by the dumper: the whole record */
    uint32_t request;                      /* enum block_request, as the broker knows it */
    uint32_t pointer_bits;                 /* of the process, as it said when it registered */
    uint64_t dump_bytes;                   /* written by the dumper: what of the file is the dump; */
    uint32_t file_count;                   /* behind it stand so many files */
    uint32_t most_kind;                    /* these too */
    uint32_t drop_attachments, reserved;
    char drop_annotations[DUMP_LIMITS_DROP_BYTES];
    struct dump_task_file files[DUMP_TASK_MAX_FILES];
    char message[256]; /* why it failed, one sentence part */
    char record[RECORD_MAX_BYTES];
};

#endif
