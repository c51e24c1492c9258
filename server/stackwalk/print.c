/* print.c - text output. Everything from the dump has been cleaned to UTF-8 by the readers; control characters are shown as '?'. */
#include "stackwalk/print.h"
#include "base/clock.h"
#include "process/images.h"
#include "proto/record.h"
#include "unwind/function_table.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS_A_LINE 4u
#define MAX_HANDLE_TYPES 12u
#define MAX_CODE_RANGES  16u

/* Escape sequences around parts of a line; all "" without colours. */
struct print_style {
    const char *head, *name, *faint, *doubt, *end;
};

/* A dump's text must not drive the terminal. */
static void text(FILE *out, const char *value)
{
    for (; *value; value++)
        putc((unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value, out);
}

static int digits(const struct analysis *analysis)
{
    return (int)cpu_layout(analysis->minidump->system.cpu)->pointer_bytes * 2;
}

static void line(FILE *out, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    fprintf(out, "%-10s ", label);
    text(out, value);
    putc('\n', out);
}

static void program(FILE *out, const struct analysis *analysis)
{
    const struct minidump_module *module =
        analysis->main_module == MINIDUMP_NONE ? NULL : &analysis->minidump->modules[analysis->main_module];
    char *name = enclosed_get(&analysis->enclosed, RECORD_APP), *version = enclosed_get(&analysis->enclosed, RECORD_VERSION);
    const uint16_t *file = module ? module->file_version : NULL;

    fprintf(out, "%-10s ", "program");
    text(out, name && *name ? name : module ? module->name : "unknown");
    if (version && *version) {
        putc(' ', out);
        text(out, version);
    } else if (module && module->has_version) {
        fprintf(out, " %u.%u.%u.%u", file[0], file[1], file[2], file[3]);
    }
    if (analysis->minidump->misc.has_pid)
        fprintf(out, ", process %" PRIu32, analysis->minidump->misc.pid);
    putc('\n', out);
    free(name);
    free(version);
}

static void machine(FILE *out, const struct minidump *minidump)
{
    const struct minidump_system *system = &minidump->system;
    char time[25];

    if (system->present)
        fprintf(out, "%-10s %s %" PRIu32 ".%" PRIu32 ".%" PRIu32 " on %s, %u processors\n", "system",
                system->platform == MINIDUMP_OS_WINDOWS ? "Windows" : "another system's", system->major, system->minor, system->build,
                cpu_layout(system->cpu)->name, system->processor_count);
    clock_format_utc(time, (int64_t)minidump->timestamp * 1000);
    if (minidump->timestamp)
        fprintf(out, "%-10s %s\n", "time", time);
}

static double megabytes(uint64_t bytes)
{
    return (double)bytes / 1048576;
}

static void memory(FILE *out, const struct minidump *minidump)
{
    const struct minidump_process_memory *process = &minidump->process_memory;
    const struct minidump_system_memory *system = &minidump->system_memory;

    if (process->present) {
        fprintf(out, "%-10s process %.1f MB, at most %.1f MB", "memory", megabytes(process->working_set_bytes),
                megabytes(process->peak_working_set_bytes));
        if (process->has_private)
            fprintf(out, "; private %.1f MB", megabytes(process->private_bytes));
        putc('\n', out);
    }
    if (system->present) {
        fprintf(out, "%-10s machine %.1f MB", process->present ? "" : "memory", megabytes(system->physical_bytes));
        if (system->has_commitment)
            fprintf(out, ", %.1f MB of it free; committed %.1f of %.1f MB", megabytes(system->available_bytes),
                    megabytes(system->committed_bytes), megabytes(system->commit_limit_bytes));
        putc('\n', out);
    }
}

/* How many of each type, in the order in which the types first come; those of further types together. */
static void handles(FILE *out, const struct minidump *minidump)
{
    const char *types[MAX_HANDLE_TYPES];
    size_t counts[MAX_HANDLE_TYPES] = {0}, type_count = 0, others = 0;

    if (!minidump->handle_count)
        return;
    for (size_t i = 0; i < minidump->handle_count; i++) {
        const char *type = *minidump->handles[i].type ? minidump->handles[i].type : "without a type";
        size_t at = 0;

        while (at < type_count && strcmp(types[at], type) != 0)
            at++;
        if (at == type_count && type_count < MAX_HANDLE_TYPES)
            types[type_count++] = type;
        if (at < MAX_HANDLE_TYPES)
            counts[at]++;
        else
            others++;
    }
    fprintf(out, "%-10s %zu open:", "handles", minidump->handle_count);
    for (size_t i = 0; i < type_count; i++) {
        fprintf(out, "%s %zu ", i ? "," : "", counts[i]);
        text(out, types[i]);
    }
    fprintf(out, others ? ", %zu others\n" : "\n", others);
}

/* Code outside of modules that the dump tells how to unwind: what a just-in-time compiler made. */
static void generated_code(FILE *out, const struct minidump *minidump)
{
    struct function_table_range ranges[MAX_CODE_RANGES];
    size_t count = function_table_ranges(images_function_tables(minidump), ranges, MAX_CODE_RANGES);

    for (size_t i = 0; i < count; i++)
        fprintf(out, "%-10s 0x%" PRIx64 " - 0x%" PRIx64 ", %" PRIu32 " functions outside of modules\n", i ? "" : "generated",
                ranges[i].begin, ranges[i].end, ranges[i].functions);
}

static void annotations(FILE *out, const struct enclosed *enclosed)
{
    for (size_t i = 0; i < enclosed->annotation_count; i++) {
        fprintf(out, "%-10s ", i ? "" : "notes");
        text(out, enclosed->annotations[i].key);
        fputs(" = ", out);
        text(out, enclosed->annotations[i].value);
        putc('\n', out);
    }
}

/* Where in the source, as editors and terminals open it: path:line. */
static void source(FILE *out, const struct print_style *style, const struct symbol_frame *function)
{
    if (!*function->file)
        return;
    fprintf(out, "  %s[", style->faint);
    text(out, function->file);
    if (function->line)
        fprintf(out, ":%" PRIu32, function->line);
    fprintf(out, "]%s", style->end);
}

/* Functions that were inlined stand on lines of their own, without number and address: they have no frame of their own. */
static void inlined(FILE *out, const struct analysis *analysis, const struct print_style *style, const struct minidump_module *module,
                    const struct symbol_frame *function)
{
    fprintf(out, "        %*s", digits(analysis) + 2, "");
    text(out, module->name);
    fprintf(out, "!%s", style->name);
    text(out, function->function);
    fputs(style->end, out);
    source(out, style, function);
    fputs("  (inlined)\n", out);
}

static void function(FILE *out, const struct print_style *style, const struct minidump_module *module, const struct symbol_frame *function,
                     uint64_t ip)
{
    text(out, module->name);
    fprintf(out, "!%s", style->name);
    text(out, function->function);
    fprintf(out, "%s + 0x%" PRIx64, style->end, ip - module->base - function->rva);
    source(out, style, function);
}

static void frame(FILE *out, const struct analysis *analysis, const struct print_style *style, const struct unwind_frame *from,
                  size_t index)
{
    const struct minidump_module *module = analysis_frame_module(analysis, from);
    struct symbol_frame functions[SYMBOLS_MAX_FRAMES];
    size_t count = analysis_frame_functions(analysis, from, functions);

    for (size_t i = 0; module && i + 1 < count; i++)
        inlined(out, analysis, style, module, &functions[i]);
    fprintf(out, "%4zu  %s0x%0*" PRIx64 "%s  ", index, style->faint, digits(analysis), from->ip, style->end);
    if (module && count) {
        function(out, style, module, &functions[count - 1], from->ip);
    } else if (module) {
        text(out, module->name);
        fprintf(out, " + 0x%" PRIx64, from->ip - module->base);
    } else {
        fputs("in no module", out);
    }
    /* Trust is worth a word only where it is low. */
    if (from->trust == UNWIND_TRUST_SCAN)
        fprintf(out, "   %s(found by scanning)%s", style->doubt, style->end);
    putc('\n', out);
}

static void registers(FILE *out, const struct analysis *analysis, const struct cpu_state *state)
{
    const struct cpu_layout *layout = cpu_layout(state->cpu);
    unsigned shown = 0;

    for (unsigned i = 0; i < layout->register_count; i++)
        if (cpu_has(state, i)) {
            fprintf(out, "%s%6s = 0x%0*" PRIx64, shown % REGISTERS_A_LINE ? "  " : "      ", layout->registers[i], digits(analysis),
                    state->values[i]);
            if (++shown % REGISTERS_A_LINE == 0)
                putc('\n', out);
        }
    if (shown % REGISTERS_A_LINE)
        putc('\n', out);
}

static void thread(FILE *out, const struct analysis *analysis, const struct print_style *style, size_t index)
{
    const struct minidump_thread *from = &analysis->minidump->threads[index];
    const struct analysis_thread *walked = &analysis->threads[index];
    bool crashed = index == analysis->crashing_thread;

    fprintf(out, "\n%sthread %" PRIu32, style->head, from->id);
    if (from->name && *from->name) {
        fputs(" \"", out);
        text(out, from->name);
        putc('"', out);
    }
    fprintf(out, "%s%s\n", crashed ? (analysis->reason.present ? " (crashed)" : " (asked for the dump)") : "", style->end);
    if (walked->why_no_registers)
        fprintf(out, "      no stack: %s\n", walked->why_no_registers);
    for (size_t i = 0; i < walked->stack.count; i++)
        frame(out, analysis, style, &walked->stack.frames[i], i);
    if (walked->stack.end == UNWIND_END_FRAME_LIMIT || walked->stack.end == UNWIND_END_BUDGET)
        fputs("      ... cut here: there are more frames than the limit allows\n", out);
    if (crashed && walked->has_registers)
        registers(out, analysis, &walked->registers);
}

static void modules(FILE *out, const struct analysis *analysis)
{
    const struct minidump *minidump = analysis->minidump;

    if (minidump->module_count)
        fputs("\nmodules\n", out);
    for (size_t i = 0; i < minidump->module_count; i++) {
        const struct minidump_module *module = &minidump->modules[minidump->module_order ? minidump->module_order[i] : i];

        fprintf(out, "      0x%0*" PRIx64 " - 0x%0*" PRIx64 "  ", digits(analysis), module->base, digits(analysis),
                module->base + module->size_bytes);
        text(out, module->name);
        if (module->has_version)
            fprintf(out, " %u.%u.%u.%u", module->file_version[0], module->file_version[1], module->file_version[2],
                    module->file_version[3]);
        putc('\n', out);
    }
}

static void soft_errors(FILE *out, const struct analysis *analysis)
{
    const struct minidump *minidump = analysis->minidump;
    char note[ANALYSIS_NOTE_BYTES];

    if (minidump->soft_error_count || analysis->note_count)
        fputs("\nwrong with this dump\n", out);
    for (size_t i = 0; i < minidump->soft_error_count; i++) {
        fputs("      ", out);
        text(out, minidump->soft_errors[i]);
        putc('\n', out);
    }
    for (size_t i = 0; i < analysis->note_count; i++) {
        analysis_note_text(analysis, &analysis->notes[i], note);
        fputs("      ", out);
        text(out, note);
        putc('\n', out);
    }
}

/* Symbols that frames lacked, each as the address that a symbol store would have it at, and files that could not serve. */
static void lacking(FILE *out, const struct analysis *analysis)
{
    struct naming_wanted wanted[NAMING_MAX_WANTED];
    struct naming_report report;
    bool is_first = true;

    for (size_t i = 0; i < analysis->minidump->module_count; i++) {
        size_t count = naming_wanted(analysis->naming, i, wanted);

        if (is_first && count)
            fputs("\nsymbols that are missing\n", out);
        is_first = is_first && !count;
        for (size_t j = 0; j < count; j++) {
            fputs("      ", out);
            text(out, wanted[j].name);
            fprintf(out, "/%s/", wanted[j].id);
            text(out, wanted[j].name);
            putc('\n', out);
        }
        naming_report(analysis->naming, i, &report);
        if (*report.why) {
            fputs("        ", out);
            text(out, report.file);
            fprintf(out, " %s\n", report.why);
        }
    }
}

void print_analysis(FILE *out, const struct analysis *analysis, bool with_colours)
{
    static const struct print_style plain = {"", "", "", "", ""}, coloured = {"\033[1m", "\033[1;36m", "\033[2m", "\033[33m", "\033[0m"};
    const struct print_style *style = with_colours ? &coloured : &plain;
    const struct minidump *minidump = analysis->minidump;
    char *layer = enclosed_get(&analysis->enclosed, RECORD_LAYER);

    if (*analysis->reason.sentence) {
        fprintf(out, "%-10s %s", "crash", style->head);
        text(out, analysis->reason.sentence);
        fprintf(out, "%s\n", style->end);
    }
    line(out, "type", analysis->reason.type);
    line(out, "signature", analysis->signature.title);
    program(out, analysis);
    machine(out, minidump);
    line(out, "written by", layer);
    line(out, "assertion", minidump->assertion);
    line(out, "comment", minidump->comment);
    memory(out, minidump);
    handles(out, minidump);
    generated_code(out, minidump);
    annotations(out, &analysis->enclosed);
    if (analysis->crashing_thread != MINIDUMP_NONE)
        thread(out, analysis, style, analysis->crashing_thread);
    for (size_t i = 0; i < minidump->thread_count; i++)
        if (i != analysis->crashing_thread)
            thread(out, analysis, style, i);
    lacking(out, analysis);
    modules(out, analysis);
    soft_errors(out, analysis);
    free(layer);
}
