/* dump_limits.h - what a dump and its record may hold at most, as policy has it when a program crashes. */
#ifndef SALVOR_COLLECTOR_DUMP_LIMITS_H
#define SALVOR_COLLECTOR_DUMP_LIMITS_H
#include <stdbool.h>
#include <stdint.h>

#define DUMP_LIMITS_SMALLEST   1u /* SALVOR_DUMP_MINI */
#define DUMP_LIMITS_DROP_BYTES 2048

struct dump_limits {
    uint32_t most_kind;  /* SALVOR_DUMP_* that is written at most; 0 = as the program asks */
    uint64_t most_bytes; /* of a dump with its attachments; 0 = no bound */
    bool drop_attachments;
    char drop_annotations[DUMP_LIMITS_DROP_BYTES]; /* names, one a line */
};

/* Fills in what holds for a program, given by its file name. Called on any thread. */
typedef void dump_limits_of(void *context, const char *app, struct dump_limits *ret);

#endif
