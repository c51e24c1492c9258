/* scan.c - the last resort: the next stack word that can be a return address.
 *
 * A word counts when it points into code and, where the dump holds that code, stands right behind a call instruction. Old return addresses
 * in dead stack space pass this test too, so these frames carry the lowest trust. */
#include "base/bytes.h"
#include "unwind/method.h"

#define LONGEST_CALL 7u /* call [base + index * scale + disp32] without prefix */

/* Length of a call FF /2 with this ModRM byte, from the opcode on; 0 when it is something else. sib: the byte behind ModRM. */
static size_t indirect_call_length(uint8_t modrm, uint8_t sib)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;
    size_t length = 2;

    if ((modrm >> 3 & 7) != 2)
        return 0;
    if (mod == 3)
        return length;
    if (rm == 4)
        length += 1;
    if (mod == 1)
        return length + 1;
    if (mod == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5))
        length += 4;
    return length;
}

bool unwind_ends_with_call(const uint8_t *code, size_t size)
{
    if (size >= 5 && code[size - 5] == 0xe8)
        return true;
    for (size_t length = 2; length <= LONGEST_CALL && length <= size; length++) {
        const uint8_t *at = code + size - length;

        if (at[0] == 0xff && indirect_call_length(at[1], length > 2 ? at[2] : 0) == length)
            return true;
    }
    return false;
}

bool unwind_can_be_return(const struct unwind_request *request, uint64_t value)
{
    const struct unwind_process *process = request->process;
    uint8_t code[LONGEST_CALL];

    if (value < UNWIND_LOWEST_IP || !process->is_code(process->context, value - 1))
        return false;
    if (request->callee->cpu == CPU_ARM64)
        return (value & 3) == 0;
    return !unwind_code_read(process, value - sizeof(code), code, sizeof(code)) || unwind_ends_with_call(code, sizeof(code));
}

bool unwind_read_word(const struct unwind_request *request, uint64_t address, uint64_t *ret)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;
    uint8_t word[8];

    if (!request->process->read(request->process->context, address, word, bytes))
        return false;
    *ret = bytes == 8 ? bytes_u64(word) : bytes_u32(word);
    return true;
}

uint64_t unwind_code_address(enum cpu cpu, uint64_t value)
{
    return cpu == CPU_ARM64 ? value & 0x00007fffffffffffull : value;
}

/* Whoever jumps to an address that holds no code has called it, and all registers are still as the call left them. */
static bool is_wild_call(const struct unwind_request *request, uint64_t address)
{
    const struct unwind_process *process = request->process;

    return !request->is_return && request->callee->cpu != CPU_ARM64 && address == cpu_sp(request->callee) &&
           !process->is_code(process->context, cpu_ip(request->callee));
}

/* Whether a return address can stand here when everybody keeps to the calling convention: on 64-bit processors the stack is aligned to
 * 16 bytes at every call, so what the call pushes, or the callee stores above its frame pointer, lies 8 bytes off. */
static bool is_proper_place(enum cpu cpu, uint64_t address)
{
    return cpu == CPU_X86 || address % 16 == 8;
}

/* One pass over the words from address on; proper: only where a return address should stand. */
static bool scan_words(const struct unwind_request *request, uint64_t address, bool proper, struct unwind_caller *ret)
{
    const struct cpu_layout *layout = cpu_layout(request->callee->cpu);
    unsigned bytes = layout->pointer_bytes;
    uint64_t value;

    for (unsigned i = 0; i < UNWIND_MAX_SCAN_WORDS && request->budget->words; i++, address += bytes) {
        if (proper && !is_proper_place(request->callee->cpu, address))
            continue;
        request->budget->words--;
        if (address > UINT64_MAX - bytes || !unwind_read_word(request, address, &value))
            return false;
        value = unwind_code_address(request->callee->cpu, value);
        if (unwind_can_be_return(request, value)) {
            if (is_wild_call(request, address))
                ret->state = *request->callee;
            cpu_set(&ret->state, layout->ip, value);
            cpu_set(&ret->state, layout->sp, address + bytes);
            return true;
        }
    }
    return false;
}

bool unwind_scan(const struct unwind_request *request, struct unwind_caller *ret)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;
    uint64_t address = cpu_sp(request->callee) & ~(uint64_t)(bytes - 1);

    if (address < cpu_sp(request->callee))
        address += bytes;
    return scan_words(request, address, true, ret) || (request->callee->cpu != CPU_X86 && scan_words(request, address, false, ret));
}
