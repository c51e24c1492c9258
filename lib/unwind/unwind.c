/* unwind.c - the walk: tries each method of the processor in order of trust, and stops where no honest caller can be. */
#include "unwind/unwind.h"
#include "unwind/method.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM   32u
#define SHADOW_REACH 16u /* entries that may lie between two frames: of callers that were not found */

struct method {
    enum unwind_trust trust;
    unwind_method_fn *find;
};

/* In order of trust; one table, because a method that does not know a processor just finds nothing. */
static const struct method methods[] = {
    {UNWIND_TRUST_CFI, unwind_pdata_x64},
    {UNWIND_TRUST_CFI, unwind_pdata_arm64},
    {UNWIND_TRUST_CFI, unwind_frame_data},
    {UNWIND_TRUST_CFI, unwind_cfi},
    {UNWIND_TRUST_FRAME_POINTER, unwind_frame_pointer},
    {UNWIND_TRUST_SCAN, unwind_scan},
};

const char *unwind_trust_text(enum unwind_trust trust)
{
    static const char *const texts[] = {"context", "cfi", "frame_pointer", "scan"};

    return (unsigned)trust < sizeof(texts) / sizeof(texts[0]) ? texts[trust] : "none";
}

/* A leaf function of arm64 can call nothing and use no stack, so its caller may have the same stack pointer; otherwise it must rise. */
static bool is_caller(const struct unwind_request *request, const struct cpu_state *caller)
{
    uint64_t before = cpu_sp(request->callee), after = cpu_sp(caller);
    bool may_stay = request->callee->cpu == CPU_ARM64 && !request->is_return && cpu_ip(caller) != cpu_ip(request->callee);

    return after > before || (may_stay && after == before);
}

/* Return addresses stand behind the call; the call itself is what the caller runs. */
static uint64_t lookup_address(const struct unwind_cursor *cursor)
{
    uint64_t ip = cpu_ip(&cursor->state);

    if (!cursor->callers || cursor->interrupted)
        return ip;
    return ip - (cursor->state.cpu == CPU_ARM64 ? 4 : 1);
}

/* What the callers of an x86 function push for it. */
static uint32_t parameter_bytes(const struct unwind_request *request)
{
    const struct unwind_process *process = request->process;
    struct unwind_frame_record record;

    if (request->callee->cpu != CPU_X86 || !process->frame_record || !process->frame_record(process->context, request->lookup, &record))
        return 0;
    return record.parameter_bytes;
}

static bool is_above_bottom(const struct unwind_process *process, const struct unwind_cursor *cursor)
{
    return process->is_bottom && !process->is_bottom(process->context, lookup_address(cursor));
}

bool unwind_shadow_find(const struct unwind_process *process, size_t index, size_t reach, uint64_t value, size_t *ret_index)
{
    uint64_t entry;

    for (size_t i = index; process->shadow && i - index < reach && process->shadow(process->context, i, &entry); i++)
        if (entry == value) {
            *ret_index = i;
            return true;
        }
    return false;
}

/* Where the shadow stack goes on behind a caller; a caller that is not on it, such as one found behind an exception, leaves it as it is. */
static size_t shadow_behind(const struct unwind_process *process, size_t index, uint64_t ip)
{
    size_t found;

    return unwind_shadow_find(process, index, SHADOW_REACH, ip, &found) ? found + 1 : index;
}

bool unwind_step(const struct unwind_process *process, struct unwind_budget *budget, struct unwind_cursor *cursor)
{
    struct unwind_request request = {.process = process,
                                     .budget = budget,
                                     .callee = &cursor->state,
                                     .callers = cursor->callers,
                                     .lookup = lookup_address(cursor),
                                     .is_return = cursor->callers && !cursor->interrupted,
                                     .has_left_bottom = cursor->has_left_bottom || is_above_bottom(process, cursor),
                                     .shadow = cursor->shadow,
                                     .pushed_bytes = cursor->pushed_bytes};
    struct unwind_caller caller;

    if (cursor->is_outermost)
        return false;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        memset(&caller, 0, sizeof(caller));
        caller.state.cpu = cursor->state.cpu;
        if (!methods[i].find(&request, &caller) || !is_caller(&request, &caller.state))
            continue;
        if (cpu_ip(&caller.state) < UNWIND_LOWEST_IP)
            return false; /* the first function of a thread: its caller is nobody */
        *cursor = (struct unwind_cursor){.state = caller.state,
                                         .trust = methods[i].trust,
                                         .callers = cursor->callers + 1,
                                         .shadow = shadow_behind(process, cursor->shadow, cpu_ip(&caller.state)),
                                         .pushed_bytes = parameter_bytes(&request),
                                         .has_left_bottom = request.has_left_bottom,
                                         .is_outermost = caller.is_outermost,
                                         .interrupted = caller.was_interrupted};
        return true;
    }
    return false;
}

static enum status frame_add(struct unwind_stack *stack, size_t *room, const struct unwind_cursor *cursor)
{
    struct unwind_frame *frame;

    if (stack->count == *room) {
        size_t more = *room ? *room * 2 : FIRST_ROOM;
        struct unwind_frame *frames = realloc(stack->frames, more * sizeof(*frames));

        if (!frames)
            return ST_MEMORY;
        stack->frames = frames;
        *room = more;
    }
    frame = &stack->frames[stack->count];
    frame->ip = cpu_ip(&cursor->state);
    frame->lookup = lookup_address(cursor);
    frame->sp = cpu_sp(&cursor->state);
    frame->trust = cursor->trust;
    stack->count++;
    return ST_OK;
}

enum status unwind_walk(const struct unwind_process *process, const struct cpu_state *start, struct unwind_budget *budget,
                        struct unwind_stack *ret)
{
    const struct cpu_layout *layout = cpu_layout(start->cpu);
    struct unwind_stack stack = {NULL, 0, UNWIND_END_BOTTOM};
    struct unwind_cursor cursor = {.state = *start, .trust = UNWIND_TRUST_CONTEXT};
    size_t room = 0;
    enum status status;

    if (!layout->registers || !cpu_has(start, layout->ip) || !cpu_has(start, layout->sp)) {
        stack.end = UNWIND_END_NO_REGISTERS;
        *ret = stack;
        return ST_OK;
    }
    for (;;) {
        if (stack.count == UNWIND_MAX_FRAMES || !budget->frames) {
            stack.end = budget->frames ? UNWIND_END_FRAME_LIMIT : UNWIND_END_BUDGET;
            break;
        }
        budget->frames--;
        status = frame_add(&stack, &room, &cursor);
        if (status != ST_OK) {
            unwind_stack_done(&stack);
            return status;
        }
        if (!unwind_step(process, budget, &cursor)) {
            stack.end = budget->words ? UNWIND_END_BOTTOM : UNWIND_END_BUDGET;
            break;
        }
    }
    *ret = stack;
    return ST_OK;
}

void unwind_stack_done(struct unwind_stack *stack)
{
    free(stack->frames);
    memset(stack, 0, sizeof(*stack));
}
