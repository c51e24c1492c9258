/* walk_every_instruction.c - runs a program and unwinds at every instruction of it: each caller's ip, sp and non-volatile registers must be
 * the true ones, down to the first function.
 *
 * usage: walk_every_instruction NAME PROGRAM.exe - once with the PE file as the source of unwind data and once with the image in memory. */
#include "base/file.h"
#include "machine.h"
#include "unwind/symbol_source.h"
#include "unwind/unwind.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_INSTRUCTIONS 200000u
#define MAX_FILE_BYTES   (16u << 20)
#define MAX_SHOWN        10u

static const unsigned kept[] = {3, 4, 5, 6, 7, 12, 13, 14, 15, CPU_AMD64_RIP};

struct run {
    struct machine machine;
    struct pe pe;
    struct unwind_image file, memory;
    bool from_memory;
    size_t instructions, frames, wrong, deepest;
};

static bool run_read(void *context, uint64_t address, void *ret, size_t size)
{
    return machine_read(&((struct run *)context)->machine, address, ret, size);
}

/* With the file as the source the program's own memory is only its stack, as in small dumps. */
static bool run_read_stack(void *context, uint64_t address, void *ret, size_t size)
{
    const struct machine *machine = &((struct run *)context)->machine;

    return address - machine->base >= machine->size_bytes && run_read(context, address, ret, size);
}

static bool run_is_code(void *context, uint64_t address)
{
    const struct machine *machine = &((struct run *)context)->machine;

    return address - machine->base < machine->size_bytes;
}

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    struct run *run = (struct run *)context;

    return machine_read(&run->machine, run->machine.base + rva, ret, size);
}

static bool run_source(void *context, uint64_t address, size_t index, struct unwind_source *ret)
{
    struct run *run = context;

    if (index || !run_is_code(context, address))
        return false;
    *ret = unwind_image_source(run->from_memory ? &run->memory : &run->file, run->machine.base);
    return true;
}

/* The first register in which a found caller differs from the true one; NULL when there is none. */
static const char *difference(const struct cpu_state *found, const struct cpu_state *truth)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (!cpu_has(found, kept[i]) || found->values[kept[i]] != truth->values[kept[i]])
            return cpu_layout(CPU_AMD64)->registers[kept[i]];
    for (unsigned i = 6; i < 16; i++)
        if (!(found->vectors_valid >> i & 1) || found->vectors[i].low != truth->vectors[i].low ||
            found->vectors[i].high != truth->vectors[i].high)
            return "xmm";
    return NULL;
}

static void wrong(struct run *run, size_t level, const char *what)
{
    if (run->wrong++ < MAX_SHOWN)
        printf("  at +0x%" PRIx64 ", caller %zu of %zu: %s\n", cpu_ip(&run->machine.state) - run->machine.base, level, run->machine.depth,
               what);
}

static void check(struct run *run)
{
    const struct unwind_process process = {
        .context = run, .read = run->from_memory ? run_read : run_read_stack, .is_code = run_is_code, .source = run_source};
    struct unwind_budget budget = {MACHINE_MAX_DEPTH, 0};
    struct unwind_cursor cursor = {run->machine.state, UNWIND_TRUST_CONTEXT, 0, false};
    const char *what;

    for (size_t level = run->machine.depth; level-- > 1;) {
        run->frames++;
        if (!unwind_step(&process, &budget, &cursor)) {
            wrong(run, level, "not found");
            return;
        }
        what = difference(&cursor.state, &run->machine.callers[level]);
        if (what || cursor.trust != UNWIND_TRUST_CFI) {
            wrong(run, level, what ? what : "not exact");
            return;
        }
    }
    if (unwind_step(&process, &budget, &cursor))
        wrong(run, 0, "goes on below the first function");
}

static const char *execute(struct run *run)
{
    const char *why = NULL;
    bool ended = false;

    while (!why && !ended) {
        if (run->instructions == MAX_INSTRUCTIONS)
            return "the program does not end";
        run->instructions++;
        run->deepest = run->machine.depth > run->deepest ? run->machine.depth : run->deepest;
        check(run);
        why = machine_step(&run->machine, &ended);
    }
    return why;
}

static bool program_check(const char *name, struct span bytes, bool from_memory)
{
    struct run run = {.from_memory = from_memory};
    const char *why = machine_open(&run.machine, bytes);

    if (!why && (pe_open(&run.pe, bytes, false) != ST_OK || !unwind_image_of_pe(&run.file, &run.pe) ||
                 !unwind_image_open(&run.memory, image_read, &run)))
        why = "the unwinder does not take it for a PE image";
    if (!why)
        why = execute(&run);
    printf("%-28s %-12s %6zu instructions, %7zu callers, %zu deep, %zu wrong%s%s\n", name, from_memory ? "from memory" : "from file",
           run.instructions, run.frames, run.deepest, run.wrong, why ? ": " : "", why ? why : "");
    if (why)
        printf("  stopped at +0x%" PRIx64 "\n", cpu_ip(&run.machine.state) - run.machine.base);
    machine_close(&run.machine);
    return !why && !run.wrong && run.deepest > 2;
}

int main(int argc, char **argv)
{
    struct buffer bytes;
    bool good;

    if (argc != 3) {
        fprintf(stderr, "usage: walk_every_instruction NAME PROGRAM.exe\n");
        return 2;
    }
    buffer_init(&bytes, MAX_FILE_BYTES);
    good = file_read_whole(argv[2], MAX_FILE_BYTES, &bytes) == ST_OK;
    if (!good)
        fprintf(stderr, "walk_every_instruction: %s cannot be read\n", argv[2]);
    good = good && program_check(argv[1], (struct span){bytes.data, bytes.len}, false);
    good = program_check(argv[1], (struct span){bytes.data, bytes.len}, true) && good;
    buffer_done(&bytes);
    return good ? 0 : 1;
}
