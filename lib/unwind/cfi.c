/* cfi.c - the caller by a symbol file's STACK CFI rules: an expression for the canonical frame address (.cfa), one for the return address
 * (.ra), and one for each register that the function has saved. A later rule for the same register takes the place of an earlier one. */
#include "unwind/method.h"
#include "unwind/postfix.h"
#include <string.h>

#define MAX_TEXTS      1024u
#define MAX_TEXT_BYTES 65536u /* of all rules of one frame */

#define RULE_CFA   CPU_MAX_REGISTERS
#define RULE_RA    (CPU_MAX_REGISTERS + 1)
#define RULE_COUNT (CPU_MAX_REGISTERS + 2)

/* What calls leave as it was, where no rule speaks of it. */
#define KEPT_X86   0xe8u         /* ebx, ebp, esi, edi */
#define KEPT_AMD64 0xf0e8u       /* rbx, rbp, rsi, rdi, r12 to r15 */
#define KEPT_ARM64 0x3ff80000ull /* x19 to x28, fp */

struct cfi {
    const struct unwind_request *request;
    struct span rules[RULE_COUNT]; /* len 0 = none */
    bool has_cfa;
    uint64_t cfa;
};

static uint64_t kept_registers(enum cpu cpu)
{
    return cpu == CPU_X86 ? KEPT_X86 : cpu == CPU_AMD64 ? KEPT_AMD64 : KEPT_ARM64;
}

/* A register by its name, with or without "$"; arm64 has second names for two. RULE_COUNT when there is none. */
static unsigned register_find(enum cpu cpu, struct span name)
{
    const struct cpu_layout *layout = cpu_layout(cpu);

    if (name.len && name.data[0] == '$')
        name = (struct span){name.data + 1, name.len - 1};
    for (unsigned i = 0; i < layout->register_count; i++)
        if (postfix_is(name, layout->registers[i]))
            return i;
    if (cpu == CPU_ARM64 && (postfix_is(name, "x29") || postfix_is(name, "x30")))
        return postfix_is(name, "x29") ? CPU_ARM64_FP : CPU_ARM64_LR;
    return RULE_COUNT;
}

static unsigned rule_find(enum cpu cpu, struct span name)
{
    if (postfix_is(name, ".cfa"))
        return RULE_CFA;
    return postfix_is(name, ".ra") ? RULE_RA : register_find(cpu, name);
}

/* Splits "name: expression name: expression ..." into rules. Rules of registers that are not known here are passed over. */
static bool rules_split(struct cfi *cfi, struct span text)
{
    enum cpu cpu = cfi->request->callee->cpu;
    unsigned current = RULE_COUNT;
    struct span word;

    while (postfix_word(&text, &word)) {
        if (word.data[word.len - 1] == ':') {
            current = rule_find(cpu, (struct span){word.data, word.len - 1});
            if (current < RULE_COUNT)
                cfi->rules[current] = (struct span){word.data + word.len, 0};
            else
                current = RULE_COUNT + 1;
        } else if (current == RULE_COUNT) {
            return false; /* an expression without a name before it */
        } else if (current < RULE_COUNT) {
            cfi->rules[current].len = (size_t)(word.data + word.len - cfi->rules[current].data);
        }
    }
    return true;
}

static bool rules_collect(struct cfi *cfi)
{
    const struct unwind_process *process = cfi->request->process;
    const char *text;
    size_t left = MAX_TEXT_BYTES;

    for (size_t i = 0; i < MAX_TEXTS && process->rules(process->context, cfi->request->lookup, i, &text); i++) {
        struct span span = {(const uint8_t *)text, strlen(text)};

        if (span.len > left || !rules_split(cfi, span))
            return false;
        left -= span.len;
    }
    return cfi->rules[RULE_CFA].len && cfi->rules[RULE_RA].len;
}

static bool cfi_get(void *context, struct span name, uint64_t *ret)
{
    const struct cfi *cfi = context;
    unsigned number;

    if (postfix_is(name, ".cfa")) {
        *ret = cfi->cfa;
        return cfi->has_cfa;
    }
    number = register_find(cfi->request->callee->cpu, name);
    if (number >= RULE_COUNT || !cpu_has(cfi->request->callee, number))
        return false;
    *ret = cfi->request->callee->values[number];
    return true;
}

static bool cfi_read(void *context, uint64_t address, uint64_t *ret)
{
    return unwind_read_word(((const struct cfi *)context)->request, address, ret);
}

/* A register whose rule cannot be evaluated is unknown, not as it was. */
static void registers_restore(struct cfi *cfi, struct postfix *postfix, struct cpu_state *ret)
{
    const struct cpu_state *callee = cfi->request->callee;
    uint64_t kept = kept_registers(callee->cpu), value;

    for (unsigned i = 0; i < CPU_MAX_REGISTERS; i++) {
        if (cfi->rules[i].len && postfix_run(postfix, cfi->rules[i], &value))
            cpu_set(ret, i, value);
        else if (!cfi->rules[i].len && kept >> i & 1 && cpu_has(callee, i))
            cpu_set(ret, i, callee->values[i]);
    }
}

bool unwind_cfi(const struct unwind_request *request, struct unwind_caller *ret)
{
    const struct cpu_layout *layout = cpu_layout(request->callee->cpu);
    struct cfi cfi = {.request = request};
    struct postfix postfix = {&cfi, layout->pointer_bytes, POSTFIX_MAX_STEPS, cfi_get, NULL, cfi_read};
    uint64_t return_address;

    if (!request->process->rules || !layout->registers || !rules_collect(&cfi) || !postfix_run(&postfix, cfi.rules[RULE_CFA], &cfi.cfa))
        return false;
    cfi.has_cfa = true;
    if (!postfix_run(&postfix, cfi.rules[RULE_RA], &return_address))
        return false;
    registers_restore(&cfi, &postfix, &ret->state);
    if (!cfi.rules[layout->sp].len)
        cpu_set(&ret->state, layout->sp, cfi.cfa);
    cpu_set(&ret->state, layout->ip, unwind_code_address(request->callee->cpu, return_address));
    return true;
}
