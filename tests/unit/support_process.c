/* support_process.c - reads of a process that is made of pieces. */
#include "support_process.h"
#include <stdlib.h>
#include <string.h>

void model_add(struct process_model *model, uint64_t address, const void *bytes, size_t size)
{
    if (model->piece_count == MODEL_MAX_PIECES)
        abort();
    model->pieces[model->piece_count++] = (struct model_piece){address, bytes, size};
}

static bool read_pieces(void *context, uint64_t address, void *ret, size_t size)
{
    const struct process_model *model = context;

    for (size_t i = 0; i < model->piece_count; i++) {
        const struct model_piece *piece = &model->pieces[i];

        if (address >= piece->address && address - piece->address <= piece->size && size <= piece->size - (address - piece->address)) {
            memcpy(ret, (const uint8_t *)piece->bytes + (address - piece->address), size);
            return true;
        }
    }
    return false;
}

static bool is_code(void *context, uint64_t address)
{
    const struct process_model *model = context;

    return address >= model->code_begin && address < model->code_end;
}

static bool source_at(void *context, uint64_t address, size_t index, struct unwind_source *ret)
{
    const struct process_model *model = context;

    if (!is_code(context, address) || index >= model->source_count)
        return false;
    *ret = model->sources[index];
    return true;
}

static bool rules_at(void *context, uint64_t address, size_t index, const char **ret)
{
    const struct process_model *model = context;

    if (!is_code(context, address) || index >= model->rule_count)
        return false;
    *ret = model->rules[index];
    return true;
}

bool model_step(struct process_model *model, struct unwind_cursor *cursor)
{
    const struct unwind_process process = {.context = model,
                                           .read = read_pieces,
                                           .is_code = is_code,
                                           .is_bottom = model->bottom,
                                           .source = source_at,
                                           .rules = rules_at,
                                           .frame_record = model->record};
    struct unwind_budget budget = {1000, 1000000};

    return unwind_step(&process, &budget, cursor);
}

struct unwind_cursor model_cursor(enum cpu cpu, uint64_t ip, uint64_t sp)
{
    struct unwind_cursor cursor = {.state = {.cpu = cpu}, .trust = UNWIND_TRUST_CONTEXT};

    cpu_set(&cursor.state, cpu_layout(cpu)->ip, ip);
    cpu_set(&cursor.state, cpu_layout(cpu)->sp, sp);
    return cursor;
}
