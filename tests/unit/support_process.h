/* support_process.h - a process to unwind, made of pieces of memory, for unit tests. */
#ifndef SALVOR_TESTS_SUPPORT_PROCESS_H
#define SALVOR_TESTS_SUPPORT_PROCESS_H
#include "unwind/unwind.h"

#define MODEL_MAX_PIECES 8

struct model_piece {
    uint64_t address;
    const void *bytes;
    size_t size;
};

/* Everything not set is absent. */
struct process_model {
    struct model_piece pieces[MODEL_MAX_PIECES];
    size_t piece_count;
    uint64_t code_begin, code_end;
    const struct unwind_source *sources;
    size_t source_count;
    const char *const *rules;
    size_t rule_count;
    bool (*bottom)(void *context, uint64_t address);
    bool (*record)(void *context, uint64_t address, struct unwind_frame_record *ret);
};

void model_add(struct process_model *model, uint64_t address, const void *bytes, size_t size);
/* One step of a walk; *cursor as unwind_step leaves it. */
bool model_step(struct process_model *model, struct unwind_cursor *cursor);
/* A cursor at the frame where a thread stopped. */
struct unwind_cursor model_cursor(enum cpu cpu, uint64_t ip, uint64_t sp);

#endif
