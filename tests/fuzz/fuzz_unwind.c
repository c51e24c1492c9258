/* fuzz_unwind.c - walks through a process whose image, stack, function table stream and rules are all hostile.
 *
 * The input: processor, how the image is read (0 as in memory, 1 as a file, 2 as a FunctionTable stream; with 0x80 it is a shadow stack
 * too), ip as an offset into the image (u16), sizes of image, stack and rules (u16 each), and then those. Rules are texts separated by
 * newlines. */
#include "base/bytes.h"
#include "fuzz.h"
#include "unwind/function_table.h"
#include "unwind/symbol_source.h"
#include "unwind/unwind.h"
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 10u
#define BASE         0x40000000u
#define STACK        0x20000u
#define MAX_RULES    64u
#define WITH_SHADOW  0x80u

struct hostile {
    struct span image, stack;
    struct unwind_source source;
    char *rules[MAX_RULES];
    size_t rule_count;
};

static bool span_read(struct span span, uint64_t offset, void *ret, size_t size)
{
    struct span found;

    if (!size || !span_sub(span, offset, size, &found))
        return false;
    memcpy(ret, found.data, size);
    return true;
}

static bool hostile_read(void *context, uint64_t address, void *ret, size_t size)
{
    const struct hostile *hostile = context;

    return address >= BASE ? span_read(hostile->image, address - BASE, ret, size)
                           : address >= STACK && span_read(hostile->stack, address - STACK, ret, size);
}

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    return span_read(((const struct hostile *)context)->image, rva, ret, size);
}

static bool memory_read(const void *context, uint64_t address, void *ret, size_t size)
{
    return address >= BASE && span_read(((const struct hostile *)context)->image, address - BASE, ret, size);
}

static bool is_code(void *context, uint64_t address)
{
    (void)context;
    return address >= BASE && address < BASE + 0x10000;
}

static bool source_at(void *context, uint64_t address, size_t index, struct unwind_source *ret)
{
    const struct hostile *hostile = context;

    if (index || !hostile->source.entry || !is_code(context, address))
        return false;
    *ret = hostile->source;
    return true;
}

static bool rules_at(void *context, uint64_t address, size_t index, const char **ret)
{
    const struct hostile *hostile = context;

    if (index >= hostile->rule_count || !is_code(context, address))
        return false;
    *ret = hostile->rules[index];
    return true;
}

static void rules_split(struct hostile *hostile, char *text)
{
    while (*text && hostile->rule_count < MAX_RULES) {
        char *end = strchr(text, '\n');

        hostile->rules[hostile->rule_count++] = text;
        if (!end)
            return;
        *end = 0;
        text = end + 1;
    }
}

/* The words of the image, whatever they are. */
static bool shadow_at(void *context, size_t index, uint64_t *ret)
{
    const struct hostile *hostile = context;

    return index < hostile->image.len / 8 && span_u64(hostile->image, 8 * (uint64_t)index, ret);
}

static void walk(struct hostile *hostile, enum cpu cpu, uint16_t ip, bool has_shadow)
{
    const struct unwind_process process = {.context = hostile,
                                           .read = hostile_read,
                                           .is_code = is_code,
                                           .source = source_at,
                                           .rules = rules_at,
                                           .shadow = has_shadow ? shadow_at : NULL};
    struct unwind_budget budget = {256, 65536};
    struct cpu_state state = {.cpu = cpu};
    struct unwind_stack stack;

    for (unsigned i = 0; i < cpu_layout(cpu)->register_count; i++)
        cpu_set(&state, i, STACK + 16 * i);
    if (cpu_layout(cpu)->registers) {
        cpu_set(&state, cpu_layout(cpu)->ip, BASE + ip);
        cpu_set(&state, cpu_layout(cpu)->sp, STACK);
    }
    if (unwind_walk(&process, &state, &budget, &stack) != ST_OK)
        return;
    for (size_t i = 1; i < stack.count; i++)
        if (stack.frames[i].sp < stack.frames[i - 1].sp || stack.frames[i].ip < UNWIND_LOWEST_IP)
            abort();
    unwind_stack_done(&stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hostile hostile = {0};
    struct span all = {data, size}, rules;
    struct function_table table = {.context = &hostile, .read = memory_read};
    struct function_table_range range;
    struct unwind_image image;
    struct pe pe;
    unsigned kind;
    char *text;

    if (size < HEADER_BYTES || !span_sub(all, HEADER_BYTES, bytes_u16(data + 4), &hostile.image) ||
        !span_sub(all, HEADER_BYTES + hostile.image.len, bytes_u16(data + 6), &hostile.stack) ||
        !span_sub(all, HEADER_BYTES + hostile.image.len + hostile.stack.len, bytes_u16(data + 8), &rules))
        return 0;
    text = calloc(rules.len + 1, 1);
    if (!text)
        return 0;
    if (rules.len)
        memcpy(text, rules.data, rules.len);
    rules_split(&hostile, text);
    kind = data[1] & ~WITH_SHADOW;
    function_table_ranges(hostile.image, &range, 1);
    if ((kind == 0 && unwind_image_open(&image, image_read, &hostile)) ||
        (kind == 1 && pe_open(&pe, hostile.image, false) == ST_OK && unwind_image_of_pe(&image, &pe)))
        hostile.source = unwind_image_source(&image, BASE);
    else if (kind == 2 && function_table_at(hostile.image, BASE + bytes_u16(data + 2), &table))
        hostile.source = function_table_source(&table);
    walk(&hostile, data[0] % CPU_COUNT, bytes_u16(data + 2), data[1] & WITH_SHADOW);
    free(text);
    return 0;
}
