/* scan.c - the last resort: the next stack word that can be a return address.
 *
 * A word counts when it points into code and, as far as that code and its function table are known, stands right behind a call instruction
 * inside a function. Old return addresses in dead stack space pass this test too, so these frames carry the lowest trust. Most of them are
 * those of the system's bottom libraries, which every call into the system leaves behind; but live code of others is rarely called from
 * there. */
#include "base/bytes.h"
#include "unwind/method.h"

#define MAX_SOURCES       4u
#define HOME_BYTES        32u
#define PAGE_BYTES        4096u
#define REPEAT_WORDS      16u
#define SMALL_FRAME_BYTES 64u
#define LONGEST_CALL      7u /* call [base + index * scale + disp32] without prefix */

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

/* bl, blr, and blr with pointer authentication. */
static bool is_arm64_call(uint32_t code)
{
    return code >> 26 == 0x25 || (code & 0xfffffc1f) == 0xd63f0000 || (code & 0xfefff800) == 0xd63f0800;
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

/* Whether a function table knows the code and has no function there: leaves call nobody, so nothing returns into them. */
static bool is_outside_functions(const struct unwind_process *process, uint64_t address)
{
    struct unwind_source source;
    struct unwind_entry entry;

    for (size_t i = 0; process->source && i < MAX_SOURCES && process->source(process->context, address, i, &source); i++)
        if (address - source.base <= UINT32_MAX &&
            source.entry(source.context, (uint32_t)(address - source.base), &entry) == UNWIND_COVERAGE_LEAF)
            return true;
    return false;
}

bool unwind_can_be_return(const struct unwind_request *request, uint64_t value)
{
    const struct unwind_process *process = request->process;
    uint8_t code[LONGEST_CALL];

    if (value < UNWIND_LOWEST_IP || !process->is_code(process->context, value - 1))
        return false;
    if (request->callee->cpu != CPU_X86 && is_outside_functions(process, value - 1))
        return false;
    if (request->callee->cpu == CPU_ARM64)
        return (value & 3) == 0 && (!unwind_code_read(process, value - 4, code, 4) || is_arm64_call(bytes_u32(code)));
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

static void caller_set(const struct unwind_request *request, uint64_t address, uint64_t value, struct unwind_caller *ret)
{
    const struct cpu_layout *layout = cpu_layout(request->callee->cpu);

    if (is_wild_call(request, address))
        ret->state = *request->callee;
    cpu_set(&ret->state, layout->ip, value);
    cpu_set(&ret->state, layout->sp, address + layout->pointer_bytes);
}

/* Whether a word may only be a leftover: code of a bottom library, when the walk has left those. */
static bool is_doubtful(const struct unwind_request *request, uint64_t value)
{
    const struct unwind_process *process = request->process;

    return request->has_left_bottom && process->is_bottom(process->context, value - 1);
}

/* A frame of more than a page was probed when it was made, and the probe's return address still lies below the registers that the prologue
 * saved: closer to the function's own than two return addresses can be. */
static void probe_skip(const struct unwind_request *request, uint64_t *address, uint64_t *value)
{
    uint64_t word, at = *address;

    if (!request->process->has_home_space || at - cpu_sp(request->callee) < PAGE_BYTES)
        return;
    for (unsigned i = 16; i <= HOME_BYTES; i += 16)
        if (unwind_read_word(request, at + i, &word) && unwind_can_be_return(request, word) && !is_doubtful(request, word)) {
            *address = at + i;
            *value = word;
        }
}

/* Functions start at multiples of 16. Such an address that stands at several places close by is one that was handed on as a parameter, or a
 * tight recursion whose call happens to end there: one in sixteen. */
static bool is_function_pointer(const struct unwind_request *request, uint64_t address, uint64_t value)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;
    uint64_t reach = (uint64_t)bytes * REPEAT_WORDS, low = address - cpu_sp(request->callee), at, word;

    if (value % 16)
        return false;
    at = address - (low < reach ? low & ~(uint64_t)(bytes - 1) : reach);
    for (; at <= address + reach; at += bytes)
        if (at != address && unwind_read_word(request, at, &word) && word == value)
            return true;
    return false;
}

struct word {
    uint64_t address, value;
};

/* Finds the next word from address on that can be a return address; proper: only where one should stand. *ret_doubtful is the first
 * doubtful one before it, with address 0 when there is none. */
static bool word_find(const struct unwind_request *request, uint64_t address, bool proper, struct word *ret, struct word *ret_doubtful)
{
    unsigned bytes = cpu_layout(request->callee->cpu)->pointer_bytes;
    uint64_t value;

    *ret_doubtful = (struct word){0, 0};
    for (unsigned i = 0; i < UNWIND_MAX_SCAN_WORDS && request->budget->words; i++, address += bytes) {
        if (proper && !is_proper_place(request->callee->cpu, address))
            continue;
        request->budget->words--;
        if (address > UINT64_MAX - bytes || !unwind_read_word(request, address, &value))
            return false;
        value = unwind_code_address(request->callee->cpu, value);
        if (!unwind_can_be_return(request, value) || is_function_pointer(request, address, value))
            continue;
        *ret = (struct word){address, value};
        if (!is_doubtful(request, value))
            return true;
        if (!ret_doubtful->address)
            *ret_doubtful = *ret;
    }
    return false;
}

/* A doubtful word counts where the frame is so small that it has no room for leftovers, and where no other follows: it may be the code
 * that started the thread, and then nothing called that. */
static bool scan_words(const struct unwind_request *request, uint64_t address, bool proper, struct unwind_caller *ret)
{
    struct word found, doubtful;
    bool has_found = word_find(request, address, proper, &found, &doubtful);

    if (!has_found && !doubtful.address)
        return false;
    if (has_found && (doubtful.address - cpu_sp(request->callee) > SMALL_FRAME_BYTES || found.address - doubtful.address <= HOME_BYTES + 8))
        doubtful.address = 0;
    ret->is_outermost = !has_found;
    if (doubtful.address)
        found = doubtful;
    else
        probe_skip(request, &found.address, &found.value);
    caller_set(request, found.address, found.value, ret);
    return true;
}

static uint64_t align_up(const struct unwind_request *request, uint64_t address)
{
    uint64_t rest = address & (cpu_layout(request->callee->cpu)->pointer_bytes - 1);

    return rest ? address - rest + cpu_layout(request->callee->cpu)->pointer_bytes : address;
}

/* Where the next return address can stand at the earliest. A function that calls others has left home space, and its stack is aligned;
 * where a thread stopped with its stack off by a word, it stands at a function's first instruction or in a leaf. */
static uint64_t scan_begin(const struct unwind_request *request, uint64_t address)
{
    bool is_homed = request->process->has_home_space && (request->is_return || address % 16 == 0);

    return is_homed && address <= UINT64_MAX - HOME_BYTES ? address + HOME_BYTES : address;
}

/* The next word that holds what the shadow stack says that the callee returns to. */
static bool scan_shadow(const struct unwind_request *request, uint64_t address, struct unwind_caller *ret)
{
    const struct unwind_process *process = request->process;
    uint64_t wanted, value;

    if (!process->shadow || !process->shadow(process->context, request->shadow, &wanted) || wanted < UNWIND_LOWEST_IP)
        return false;
    for (unsigned i = 0; i < UNWIND_MAX_SCAN_WORDS && request->budget->words; i++, address += 8) {
        request->budget->words--;
        if (address > UINT64_MAX - 8 || !unwind_read_word(request, address, &value))
            return false;
        if (value == wanted) {
            caller_set(request, address, value, ret);
            return true;
        }
    }
    return false;
}

bool unwind_scan(const struct unwind_request *request, struct unwind_caller *ret)
{
    uint64_t aligned = align_up(request, cpu_sp(request->callee));

    return scan_shadow(request, aligned, ret) || scan_words(request, scan_begin(request, aligned), true, ret) ||
           (request->callee->cpu != CPU_X86 && scan_words(request, aligned, false, ret));
}
