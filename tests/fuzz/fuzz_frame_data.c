/* fuzz_frame_data.c - x86 unwinding by hostile STACK WIN and FrameData records over hostile code and stack.
 *
 * The input: kind of record, whether it uses ebp, sizes of locals, saved registers and parameters (u8 each), ip's offset into the code
 * (u8), sizes of program and code (u8, u16), and then program, code and stack. */
#include "base/bytes.h"
#include "fuzz.h"
#include "unwind/unwind.h"
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 9u
#define CODE         0x400000u
#define STACK        0x20000u

struct hostile {
    struct span code, stack;
    struct unwind_frame_record record;
};

static bool hostile_read(void *context, uint64_t address, void *ret, size_t size)
{
    const struct hostile *hostile = context;
    struct span found;
    bool is_code = address >= CODE;

    if (address < STACK || !span_sub(is_code ? hostile->code : hostile->stack, address - (is_code ? CODE : STACK), size, &found) || !size)
        return false;
    memcpy(ret, found.data, size);
    return true;
}

static bool is_code(void *context, uint64_t address)
{
    (void)context;
    return address >= CODE && address < CODE + 0x10000;
}

static bool record_at(void *context, uint64_t address, struct unwind_frame_record *ret)
{
    *ret = ((const struct hostile *)context)->record;
    return is_code(context, address);
}

static void walk(struct hostile *hostile, uint8_t ip)
{
    const struct unwind_process process = {.context = hostile, .read = hostile_read, .is_code = is_code, .frame_record = record_at};
    struct unwind_budget budget = {256, 65536};
    struct cpu_state state = {.cpu = CPU_X86};
    struct unwind_stack stack;

    for (unsigned i = 0; i < CPU_X86_EIP; i++)
        cpu_set(&state, i, STACK + 16 * i);
    cpu_set(&state, CPU_X86_EIP, CODE + ip);
    cpu_set(&state, CPU_X86_ESP, STACK);
    if (unwind_walk(&process, &state, &budget, &stack) != ST_OK)
        return;
    for (size_t i = 1; i < stack.count; i++)
        if (stack.frames[i].sp <= stack.frames[i - 1].sp || stack.frames[i].sp > UINT32_MAX || stack.frames[i].ip < UNWIND_LOWEST_IP)
            abort();
    unwind_stack_done(&stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = {data, size}, program;
    struct hostile hostile = {0};
    char text[256] = "";

    if (size < HEADER_BYTES || !span_sub(all, HEADER_BYTES, data[6], &program) ||
        !span_sub(all, HEADER_BYTES + program.len, bytes_u16(data + 7), &hostile.code) ||
        !span_sub(all, HEADER_BYTES + program.len + hostile.code.len, size - HEADER_BYTES - program.len - hostile.code.len, &hostile.stack))
        return 0;
    if (program.len)
        memcpy(text, program.data, program.len);
    hostile.record = (struct unwind_frame_record){.start = CODE, .parameter_bytes = data[4]};
    hostile.record.win = (struct symbol_win){.type = data[0],
                                             .size = 0x8000,
                                             .local_bytes = data[2] * 64u,
                                             .saved_register_bytes = data[3],
                                             .parameter_bytes = data[4],
                                             .allocates_base_pointer = data[1] & 1,
                                             .program = text};
    walk(&hostile, data[5]);
    return 0;
}
