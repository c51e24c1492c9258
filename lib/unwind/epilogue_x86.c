/* epilogue_x86.c - where an x86 function is giving its frame back, its records no longer hold: the instructions that are left tell.
 *
 * Only instructions that do nothing but give stack back are followed; as soon as there is another, the function is not in its epilogue. */
#include "base/bytes.h"
#include "unwind/method.h"

#define WINDOW_BYTES     48u
#define KEPT_X86         0xe8u /* ebx, ebp, esi, edi */
#define MAX_INSTRUCTIONS 12u

struct epilogue {
    const struct unwind_request *request;
    const struct unwind_frame_record *record;
    struct cpu_state state;
    uint64_t ip;
    uint8_t code[WINDOW_BYTES];
    size_t size;
};

static void window_read(struct epilogue *epilogue)
{
    for (epilogue->size = WINDOW_BYTES; epilogue->size; epilogue->size /= 2)
        if (unwind_code_read(epilogue->request->process, epilogue->ip, epilogue->code, epilogue->size))
            return;
}

static void sp_set(struct epilogue *epilogue, uint64_t value)
{
    cpu_set(&epilogue->state, CPU_X86_ESP, (uint32_t)value);
}

static bool pop(struct epilogue *epilogue, unsigned number)
{
    uint64_t sp = cpu_sp(&epilogue->state), value;

    if (number == CPU_X86_ESP || !unwind_read_word(epilogue->request, sp, &value))
        return false;
    sp_set(epilogue, sp + 4);
    cpu_set(&epilogue->state, number, value);
    return true;
}

/* lea esp, [ebp + disp] and mov esp, ebp. */
static bool sp_from_frame(struct epilogue *epilogue, uint32_t offset)
{
    sp_set(epilogue, epilogue->state.values[CPU_X86_EBP] + offset);
    return cpu_has(&epilogue->state, CPU_X86_EBP);
}

static uint32_t signed_byte(uint8_t byte)
{
    return (uint32_t)(int32_t)(int8_t)byte;
}

/* Does one instruction of an epilogue; its length, or 0 when it is none or its memory is not known. */
static size_t instruction_run(struct epilogue *epilogue, const uint8_t *code, size_t size)
{
    uint64_t sp = cpu_sp(&epilogue->state);

    if (size >= 1 && (code[0] & 0xf8) == 0x58)
        return pop(epilogue, code[0] & 7) ? 1 : 0;
    if (size >= 1 && code[0] == 0xc9)
        return sp_from_frame(epilogue, 0) && pop(epilogue, CPU_X86_EBP) ? 1 : 0;
    if (size >= 2 && ((code[0] == 0x8b && code[1] == 0xe5) || (code[0] == 0x89 && code[1] == 0xec)))
        return sp_from_frame(epilogue, 0) ? 2 : 0;
    if (size >= 3 && code[0] == 0x8d && code[1] == 0x65)
        return sp_from_frame(epilogue, signed_byte(code[2])) ? 3 : 0;
    if (size >= 6 && code[0] == 0x8d && code[1] == 0xa5)
        return sp_from_frame(epilogue, bytes_u32(code + 2)) ? 6 : 0;
    if (size >= 3 && code[0] == 0x83 && code[1] == 0xc4) {
        sp_set(epilogue, sp + signed_byte(code[2]));
        return 3;
    }
    if (size >= 6 && code[0] == 0x81 && code[1] == 0xc4) {
        sp_set(epilogue, sp + bytes_u32(code + 2));
        return 6;
    }
    return 0;
}

/* A return, or a jump out of what the record describes. */
static bool is_exit(const struct epilogue *epilogue, size_t at)
{
    const uint8_t *code = epilogue->code + at;
    size_t size = epilogue->size - at;
    uint64_t target;

    if (size >= 1 && (code[0] == 0xc3 || code[0] == 0xc2))
        return true;
    if (size >= 5 && code[0] == 0xe9)
        target = (uint32_t)(epilogue->ip + at + 5 + bytes_u32(code + 1));
    else if (size >= 2 && code[0] == 0xeb)
        target = (uint32_t)(epilogue->ip + at + 2 + signed_byte(code[1]));
    else
        return at && size >= 2 && code[0] == 0xff && (code[1] == 0x25 || (code[1] & 0xf8) == 0xe0);
    return target < epilogue->record->start || target - epilogue->record->start >= epilogue->record->win.size;
}

bool unwind_epilogue_x86(const struct unwind_request *request, const struct unwind_frame_record *record, struct unwind_caller *ret)
{
    struct epilogue epilogue = {.request = request, .record = record, .state = *request->callee, .ip = cpu_ip(request->callee)};
    size_t at = 0, length;

    window_read(&epilogue);
    for (unsigned i = 0; i < MAX_INSTRUCTIONS; i++) {
        length = instruction_run(&epilogue, epilogue.code + at, epilogue.size - at);
        if (!length)
            break;
        at += length;
    }
    if (!is_exit(&epilogue, at) || !pop(&epilogue, CPU_X86_EIP))
        return false;
    ret->state = epilogue.state;
    ret->state.valid &= KEPT_X86 | 1u << CPU_X86_EIP | 1u << CPU_X86_ESP;
    return true;
}
