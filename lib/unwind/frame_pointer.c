/* frame_pointer.c - the chain of saved frame pointers: {caller's frame pointer, return address} where ebp (x86) or fp (arm64) points.
 *
 * Any value may stand in the register when a function keeps no frame pointer, so a link counts only when it lies above the stack pointer,
 * is aligned, leads upwards, and its return address is code behind a call. amd64 has no such chain on Windows. */
#include "base/bytes.h"
#include "unwind/method.h"

#define LONGEST_FRAME_BYTES 0x1000000u
#define SAME_FUNCTION_BYTES 4096u

static bool pair_read(const struct unwind_request *request, uint64_t address, uint64_t *ret_frame, uint64_t *ret_return)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;

    if (!unwind_read_word(request, address, ret_frame) || !unwind_read_word(request, address + bytes, ret_return))
        return false;
    *ret_return = unwind_code_address(request->callee->cpu, *ret_return);
    return true;
}

static void caller_set(const struct unwind_request *request, struct unwind_caller *ret, uint64_t ip, uint64_t sp)
{
    const struct cpu_layout *layout = cpu_layout(request->callee->cpu);

    cpu_set(&ret->state, layout->ip, ip);
    cpu_set(&ret->state, layout->sp, sp);
}

/* The link that the frame pointer points at. A saved pointer of 0 is the first function's. */
static bool link_follow(const struct unwind_request *request, unsigned frame_register, struct unwind_caller *ret)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;
    uint64_t frame = request->callee->values[frame_register], sp = cpu_sp(request->callee), saved, ip;

    if (!cpu_has(request->callee, frame_register) || frame < sp || frame - sp > LONGEST_FRAME_BYTES || frame % bytes)
        return false;
    if (!pair_read(request, frame, &saved, &ip) || (saved && saved <= frame) || saved % bytes || !unwind_can_be_return(request, ip))
        return false;
    caller_set(request, ret, ip, frame + 2 * bytes);
    cpu_set(&ret->state, frame_register, saved);
    return true;
}

/* At the first two and the last instruction of an x86 function ebp is still, or again, the caller's: how many words lie above the return
 * address. -1: elsewhere. */
static int words_on_return(const struct unwind_request *request)
{
    const struct unwind_process *process = request->process;
    uint64_t ip = cpu_ip(request->callee);
    uint8_t code[3];

    if (request->is_return || !unwind_code_read(process, ip, code, sizeof(code)))
        return -1;
    if (code[0] == 0x55 && ((code[1] == 0x8b && code[2] == 0xec) || (code[1] == 0x89 && code[2] == 0xe5)))
        return 0;
    if ((code[0] == 0x8b && code[1] == 0xec) || (code[0] == 0x89 && code[1] == 0xe5))
        return 1;
    return code[0] == 0xc3 || code[0] == 0xc2 ? 0 : -1;
}

static bool x86_find(const struct unwind_request *request, struct unwind_caller *ret)
{
    int words = words_on_return(request);
    uint64_t at = cpu_sp(request->callee) + 4 * (uint64_t)(words > 0 ? words : 0), frame = request->callee->values[CPU_X86_EBP], ip;

    if (words < 0)
        return link_follow(request, CPU_X86_EBP, ret);
    if (!unwind_read_word(request, at, &ip) || !unwind_can_be_return(request, ip) || !cpu_has(request->callee, CPU_X86_EBP))
        return false;
    caller_set(request, ret, ip, at + 4);
    cpu_set(&ret->state, CPU_X86_EBP, frame);
    return true;
}

/* In the frame where the thread stopped the return address may still be in lr only: a leaf, or a prologue. lr can also be left from a call
 * that this function has made; then it points into the function itself, so only far code counts at first. */
static bool arm64_leaf(const struct unwind_request *request, bool only_far, struct unwind_caller *ret)
{
    const struct cpu_state *callee = request->callee;
    uint64_t lr = unwind_code_address(CPU_ARM64, callee->values[CPU_ARM64_LR]), frame = callee->values[CPU_ARM64_FP], saved, ip;

    if (request->is_return || !cpu_has(callee, CPU_ARM64_LR) || !cpu_has(callee, CPU_ARM64_FP) || !unwind_can_be_return(request, lr))
        return false;
    if (only_far && lr - cpu_ip(callee) + SAME_FUNCTION_BYTES < 2 * SAME_FUNCTION_BYTES)
        return false;
    if (pair_read(request, frame, &saved, &ip) && ip == lr)
        return false;
    caller_set(request, ret, lr, cpu_sp(callee));
    cpu_set(&ret->state, CPU_ARM64_FP, frame);
    return true;
}

static bool arm64_find(const struct unwind_request *request, struct unwind_caller *ret)
{
    return arm64_leaf(request, true, ret) || link_follow(request, CPU_ARM64_FP, ret) || arm64_leaf(request, false, ret);
}

bool unwind_frame_pointer(const struct unwind_request *request, struct unwind_caller *ret)
{
    switch (request->callee->cpu) {
    case CPU_X86:
        return x86_find(request, ret);
    case CPU_ARM64:
        return arm64_find(request, ret);
    default:
        return false;
    }
}
