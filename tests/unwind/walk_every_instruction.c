/* walk_every_instruction.c - runs a program and unwinds at every instruction of it: each caller's ip, sp and non-volatile registers must be
 * the true ones, down to the first function.
 *
 * usage: walk_every_instruction NAME PROGRAM.exe [PROGRAM.pdb]
 *
 * amd64 and arm64: once with the PE file as the source of unwind data and once with the image in memory. x86: by the PDB's frame records,
 * and once more without them, where the bytes allow nothing exact: there it is counted how many of the callers' addresses are found all the
 * same. Under "chkstk_switched" no record can tell (support_x86.s): those instructions are counted and left out. */
#include "base/file.h"
#include "machine.h"
#include "symbols/compile.h"
#include "symbols/pdb.h"
#include "unwind/symbol_source.h"
#include "unwind/unwind.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_INSTRUCTIONS 200000u
#define MAX_FILE_BYTES   (16u << 20)
#define MAX_SHOWN        10u
#define MAX_WINDOWS      4096u   /* of code, read to follow the stack pointer */
#define MAX_SCAN_WORDS   100000u /* in one walk */

enum way { WAY_FILE, WAY_MEMORY, WAY_RECORDS, WAY_NOTHING };

static const char *const way_texts[] = {"from file", "from memory", "from records", "from nothing"};

struct run {
    struct machine machine;
    struct pe pe;
    struct unwind_image file, memory;
    struct symbol_table *symbols;
    enum way way;
    size_t instructions, untold, frames, found, wrong, deepest;
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
    *ret = unwind_image_source(run->way == WAY_MEMORY ? &run->memory : &run->file, run->machine.base);
    return true;
}

static bool run_record(void *context, uint64_t address, struct unwind_frame_record *ret)
{
    struct run *run = context;

    if (run->way != WAY_RECORDS || !run_is_code(context, address))
        return false;
    unwind_frame_record_of_symbols(run->symbols, run->machine.base, (uint32_t)(address - run->machine.base), ret);
    return true;
}

/* The first register in which a found caller differs from the true one; NULL when there is none. */
static const char *difference(const struct processor *processor, const struct cpu_state *found, const struct cpu_state *truth)
{
    for (unsigned i = 0; i < processor->register_count; i++)
        if (processor->kept >> i & 1 && (!cpu_has(found, i) || found->values[i] != truth->values[i]))
            return cpu_layout(processor->cpu)->registers[i];
    for (unsigned i = 0; i < CPU_MAX_VECTORS; i++)
        if (processor->kept_vectors >> i & 1 && (!(found->vectors_valid >> i & 1) || found->vectors[i].low != truth->vectors[i].low ||
                                                 (processor->kept_halves == 2 && found->vectors[i].high != truth->vectors[i].high)))
            return "a vector";
    return NULL;
}

static void wrong(struct run *run, size_t level, const char *what)
{
    if (run->wrong++ < MAX_SHOWN)
        printf("  at +0x%" PRIx64 ", caller %zu of %zu: %s\n", cpu_ip(&run->machine.state) - run->machine.base, level, run->machine.depth,
               what);
}

/* Whether the thread stands where no record can tell. */
static bool is_untold(const struct run *run)
{
    struct symbol_frame frame;
    size_t count;

    return run->way == WAY_RECORDS &&
           symbols_lookup(run->symbols, (uint32_t)(cpu_ip(&run->machine.state) - run->machine.base), &frame, 1, &count) == ST_OK &&
           strcmp(frame.function, "chkstk_switched") == 0;
}

static void check(struct run *run)
{
    const struct unwind_process process = {.context = run,
                                           .read = run->way == WAY_FILE ? run_read_stack : run_read,
                                           .is_code = run_is_code,
                                           .source = run->way <= WAY_MEMORY ? run_source : NULL,
                                           .frame_record = run_record};
    struct unwind_budget budget = {MACHINE_MAX_DEPTH, run->way == WAY_RECORDS ? MAX_WINDOWS : 0};
    struct unwind_cursor cursor = {.state = run->machine.state, .trust = UNWIND_TRUST_CONTEXT};
    const char *what;

    for (size_t level = run->machine.depth; level-- > 1;) {
        run->frames++;
        if (!unwind_step(&process, &budget, &cursor)) {
            wrong(run, level, "not found");
            return;
        }
        what = difference(run->machine.processor, &cursor.state, &run->machine.callers[level]);
        if (what || cursor.trust != UNWIND_TRUST_CFI) {
            wrong(run, level, what ? what : "not exact");
            return;
        }
    }
    if (unwind_step(&process, &budget, &cursor))
        wrong(run, 0, "goes on below the first function");
}

/* Without any data: counts the callers that the walk has found, in their order, and the frames that are none. */
static void count(struct run *run)
{
    const struct unwind_process process = {.context = run, .read = run_read, .is_code = run_is_code};
    struct unwind_budget budget = {MACHINE_MAX_DEPTH, MAX_SCAN_WORDS};
    struct unwind_cursor cursor = {.state = run->machine.state, .trust = UNWIND_TRUST_CONTEXT};
    size_t level = run->machine.depth - 1;

    run->frames += run->machine.depth - 1;
    while (unwind_step(&process, &budget, &cursor)) {
        size_t found = level;

        while (found && cpu_ip(&run->machine.callers[found]) != cpu_ip(&cursor.state))
            found--;
        if (found)
            run->found++, level = found - 1;
        else
            run->wrong++;
    }
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
        if (run->way == WAY_NOTHING)
            count(run);
        else if (is_untold(run))
            run->untold++;
        else
            check(run);
        why = machine_step(&run->machine, &ended);
    }
    return why;
}

static const char *symbols_compile(struct span pdb, struct symbol_table **ret)
{
    struct symbol_builder *builder = NULL;
    const char *why = "the PDB could not be compiled";
    struct buffer out;

    buffer_init(&out, MAX_FILE_BYTES);
    if (symbol_builder_create(&builder) != ST_OK || pdb_compile(pdb, builder, &why) != ST_OK ||
        symbol_builder_append(builder, &out) != ST_OK)
        goto out;
    if (symbols_open_owned(ret, out.data, out.len) != ST_OK)
        goto out;
    out.data = NULL;
    why = NULL;
out:
    if (why)
        buffer_done(&out);
    symbol_builder_free(builder);
    return why;
}

static const char *sources_open(struct run *run, struct span bytes, struct span pdb)
{
    if (pdb.len)
        return symbols_compile(pdb, &run->symbols);
    if (pe_open(&run->pe, bytes, false) != ST_OK || !unwind_image_of_pe(&run->file, &run->pe) ||
        !unwind_image_open(&run->memory, image_read, run))
        return "the unwinder does not take it for a PE image";
    return NULL;
}

static void run_print(const struct run *run, const char *name, const char *why)
{
    printf("%-36s %-12s %6zu instructions, %7zu callers, %zu deep, %zu wrong", name, way_texts[run->way], run->instructions, run->frames,
           run->deepest, run->wrong);
    if (run->way == WAY_NOTHING)
        printf(", %zu found", run->found);
    if (run->untold)
        printf(", %zu instructions where nothing tells", run->untold);
    printf("%s%s\n", why ? ": " : "", why ? why : "");
}

static bool program_check(const char *name, struct span bytes, struct span pdb, enum way way)
{
    struct run run = {.way = way};
    const char *why = machine_open(&run.machine, bytes);

    if (!why)
        why = sources_open(&run, bytes, pdb);
    if (!why)
        why = execute(&run);
    run_print(&run, name, why);
    if (why)
        printf("  stopped at +0x%" PRIx64 "\n", cpu_ip(&run.machine.state) - run.machine.base);
    symbols_close(run.symbols);
    machine_close(&run.machine);
    if (way == WAY_NOTHING)
        return !why && run.found * 2 > run.frames; /* a floor, so that a walk that finds nothing does not pass */
    return !why && run.deepest > 2 && !run.wrong;
}

static bool file_load(const char *path, struct buffer *ret)
{
    bool good = file_read_whole(path, MAX_FILE_BYTES, ret) == ST_OK;

    if (!good)
        fprintf(stderr, "walk_every_instruction: %s cannot be read\n", path);
    return good;
}

int main(int argc, char **argv)
{
    struct buffer image, pdb;
    bool good, loaded;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: walk_every_instruction NAME PROGRAM.exe [PROGRAM.pdb]\n");
        return 2;
    }
    buffer_init(&image, MAX_FILE_BYTES);
    buffer_init(&pdb, MAX_FILE_BYTES);
    loaded = file_load(argv[2], &image) && (argc == 3 || file_load(argv[3], &pdb));
    good = loaded;
    for (enum way way = argc == 3 ? WAY_FILE : WAY_RECORDS; loaded && way <= (argc == 3 ? WAY_MEMORY : WAY_NOTHING); way++)
        good = program_check(argv[1], (struct span){image.data, image.len}, (struct span){pdb.data, pdb.len}, way) && good;
    buffer_done(&pdb);
    buffer_done(&image);
    return good ? 0 : 1;
}
