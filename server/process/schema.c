/* schema.c - the members that rust-minidump's json-schema.md describes, with its names, types and null for what is not known.
 *
 * crash_info.crashing_thread is an index into threads, as its program writes it (its text says id). */
#include "base/file.h"
#include "base/text.h"
#include "process/output.h"
#include "process/process.h"
#include <inttypes.h>
#include <stdio.h>

#define MAX_UNLOADED_MATCHES 16u /* of one address; modules are reloaded at one place again and again */

void output_address(struct json *json, const struct analysis *analysis, uint64_t address)
{
    int digits = (int)cpu_layout(analysis->minidump->system.cpu)->pointer_bytes * 2;
    char text[24];

    snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, address);
    json_text(json, text);
}

void output_registers(struct json *json, const struct analysis *analysis, const struct cpu_state *registers, size_t limit)
{
    const struct cpu_layout *layout = cpu_layout(registers->cpu);

    json_object_begin(json);
    for (unsigned i = 0; i < layout->register_count && i < limit; i++)
        if (cpu_has(registers, i)) {
            json_key(json, layout->registers[i]);
            output_address(json, analysis, registers->values[i]);
        }
    json_object_end(json);
}

void output_version(struct json *json, bool known, const uint16_t version[4])
{
    char text[32];

    snprintf(text, sizeof(text), "%u.%u.%u.%u", version[0], version[1], version[2], version[3]);
    json_text(json, known ? text : NULL);
}

static void text_or_null(struct json *json, const char *key, const char *value)
{
    json_key(json, key);
    json_text(json, value && *value ? value : NULL);
}

static const char *os_name(uint32_t platform, char fallback[16])
{
    switch (platform) {
    case MINIDUMP_OS_WINDOWS:
        return "Windows NT";
    case MINIDUMP_OS_MAC:
        return "Mac OS X";
    case MINIDUMP_OS_IOS:
        return "iOS";
    case MINIDUMP_OS_LINUX:
        return "Linux";
    case MINIDUMP_OS_ANDROID:
        return "Android";
    default:
        snprintf(fallback, 16, "0x%08" PRIx32, platform);
        return fallback;
    }
}

static void system_info(struct json *json, const struct minidump_system *system)
{
    char text[128], fallback[16];

    json_key(json, "system_info");
    json_object_begin(json);
    text_or_null(json, "os", system->present ? os_name(system->platform, fallback) : NULL);
    snprintf(text, sizeof(text), "%" PRIu32 ".%" PRIu32 ".%" PRIu32 "%s%.64s", system->major, system->minor, system->build,
             *system->service_pack ? " " : "", system->service_pack);
    text_or_null(json, "os_ver", system->present ? text : NULL);
    json_key(json, "cpu_arch");
    json_text(json, cpu_layout(system->cpu)->name);
    snprintf(text, sizeof(text), "%s%sfamily %u model %u stepping %u", system->vendor, *system->vendor ? " " : "", system->level,
             system->revision >> 8, system->revision & 0xff);
    text_or_null(json, "cpu_info", system->cpu == CPU_X86 || system->cpu == CPU_AMD64 ? text : NULL);
    json_key(json, "cpu_count");
    json_uint(json, system->processor_count);
    json_key(json, "cpu_microcode_version");
    json_none(json);
    json_object_end(json);
}

static void crash_info(struct json *json, const struct analysis *analysis)
{
    const struct minidump_reason *reason = &analysis->reason;

    json_key(json, "crash_info");
    json_object_begin(json);
    text_or_null(json, "type", reason->type);
    json_key(json, "address");
    if (reason->present)
        output_address(json, analysis, reason->address);
    else
        json_none(json);
    json_key(json, "crashing_thread");
    if (analysis->crashing_thread != MINIDUMP_NONE)
        json_uint(json, analysis->crashing_thread);
    else
        json_none(json);
    text_or_null(json, "assertion", analysis->minidump->assertion);
    json_object_end(json);
}

/* The unloaded modules that once held an address, each name and base once; with them a call into freed code is understood. */
static size_t unloaded_find(const struct minidump *minidump, uint64_t address, const struct minidump_unloaded *ret[MAX_UNLOADED_MATCHES])
{
    size_t count = 0;

    for (size_t i = 0; i < minidump->unloaded_count && count < MAX_UNLOADED_MATCHES; i++) {
        const struct minidump_unloaded *unloaded = &minidump->unloaded[i];
        bool known = address < unloaded->base || address - unloaded->base >= unloaded->size_bytes;

        for (size_t j = 0; j < count && !known; j++)
            known = ret[j]->base == unloaded->base && text_equal_nocase(ret[j]->name, unloaded->name);
        if (!known)
            ret[count++] = unloaded;
    }
    return count;
}

static void frame_unloaded(struct json *json, const struct analysis *analysis, uint64_t address)
{
    const struct minidump_unloaded *found[MAX_UNLOADED_MATCHES];
    size_t count = unloaded_find(analysis->minidump, address, found);

    json_key(json, "unloaded_modules");
    if (!count) {
        json_none(json);
        return;
    }
    json_array_begin(json);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(json);
        text_or_null(json, "module", found[i]->name);
        json_key(json, "offsets");
        json_array_begin(json);
        output_address(json, analysis, address - found[i]->base);
        json_array_end(json);
        json_object_end(json);
    }
    json_array_end(json);
}

/* The place in the source that runs in a function: for inlined ones as well. */
static void source_members(struct json *json, const struct symbol_frame *function)
{
    text_or_null(json, "function", function->function);
    text_or_null(json, "file", function->file);
    json_key(json, "line");
    if (function->line)
        json_uint(json, function->line);
    else
        json_none(json);
}

static void frame_inlines(struct json *json, const struct symbol_frame *functions, size_t count)
{
    json_key(json, "inlines");
    if (!count) {
        json_none(json);
        return;
    }
    json_array_begin(json);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(json);
        source_members(json, &functions[i]);
        json_object_end(json);
    }
    json_array_end(json);
}

/* What runs in the frame: the function that really exists, and those inlined into it, innermost first. */
static void frame_functions(struct json *json, const struct analysis *analysis, const struct unwind_frame *frame)
{
    static const struct symbol_frame unknown = {.function = "", .file = ""};
    struct symbol_frame functions[SYMBOLS_MAX_FRAMES];
    size_t count = analysis_frame_functions(analysis, frame, functions);
    const struct symbol_frame *real = count ? &functions[count - 1] : &unknown;
    const struct minidump_module *module = analysis_frame_module(analysis, frame);

    source_members(json, real);
    json_key(json, "function_offset");
    if (count && module)
        output_address(json, analysis, frame->lookup - module->base - real->rva);
    else
        json_none(json);
    frame_inlines(json, functions, count ? count - 1 : 0);
    json_key(json, "missing_symbols");
    json_bool(json, !count);
}

static void frame_write(struct json *json, const struct analysis *analysis, const struct unwind_frame *frame, size_t index,
                        const struct cpu_state *registers)
{
    const struct minidump_module *module = analysis_frame_module(analysis, frame);

    json_object_begin(json);
    json_key(json, "frame");
    json_uint(json, index);
    json_key(json, "trust");
    json_text(json, unwind_trust_text(frame->trust));
    if (registers) {
        json_key(json, "registers");
        output_registers(json, analysis, registers, cpu_layout(registers->cpu)->listed_count);
    }
    json_key(json, "offset");
    output_address(json, analysis, frame->lookup);
    json_key(json, "module");
    json_text(json, module ? module->name : NULL);
    json_key(json, "module_offset");
    if (module) {
        output_address(json, analysis, frame->lookup - module->base);
        json_key(json, "unloaded_modules");
        json_none(json);
    } else {
        json_none(json);
        frame_unloaded(json, analysis, frame->lookup);
    }
    frame_functions(json, analysis, frame);
    json_object_end(json);
}

/* The members of one thread. The crashing thread is written twice; its second time carries the registers of frame 0. */
static void thread_members(struct json *json, const struct analysis *analysis, size_t index, bool with_registers)
{
    const struct analysis_thread *thread = &analysis->threads[index];
    char error[48];

    json_key(json, "thread_id");
    json_uint(json, analysis->minidump->threads[index].id);
    text_or_null(json, "thread_name", analysis->minidump->threads[index].name);
    text_or_null(json, "last_error_value", minidump_last_error(analysis->minidump, index, error, sizeof(error)) ? error : NULL);
    json_key(json, "frame_count");
    json_uint(json, thread->stack.count);
    json_key(json, "frames");
    json_array_begin(json);
    for (size_t i = 0; i < thread->stack.count; i++)
        frame_write(json, analysis, &thread->stack.frames[i], i, with_registers && !i ? &thread->registers : NULL);
    json_array_end(json);
}

static void threads(struct json *json, const struct analysis *analysis)
{
    json_key(json, "thread_count");
    json_uint(json, analysis->minidump->thread_count);
    json_key(json, "threads");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->thread_count; i++) {
        json_object_begin(json);
        thread_members(json, analysis, i, false);
        json_object_end(json);
    }
    json_array_end(json);
    json_key(json, "crashing_thread");
    if (analysis->crashing_thread == MINIDUMP_NONE) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    json_key(json, "threads_index");
    json_uint(json, analysis->crashing_thread);
    thread_members(json, analysis, analysis->crashing_thread, true);
    json_object_end(json);
}

/* Code ids are upper and lower case mixed; this layout has them in lower case. */
static void code_id(struct json *json, const char *id)
{
    char lower[48];
    size_t size = 0;

    for (; id[size] && size + 1 < sizeof(lower); size++)
        lower[size] = (char)(id[size] >= 'A' && id[size] <= 'Z' ? id[size] - 'A' + 'a' : id[size]);
    json_key(json, "code_id");
    json_text_sized(json, lower, size);
}

/* "missing", "loaded" and "corrupt" as that layout has them: all false for a module that no frame runs in. */
static void module_symbols(struct json *json, const struct analysis *analysis, size_t index)
{
    struct naming_report report;

    naming_report(analysis->naming, index, &report);
    json_key(json, "missing_symbols");
    json_bool(json, report.state == NAMING_MISSING || report.state == NAMING_MISMATCHED);
    json_key(json, "loaded_symbols");
    json_bool(json, report.state == NAMING_LOADED);
    json_key(json, "corrupt_symbols");
    json_bool(json, report.state == NAMING_MALFORMED);
    json_key(json, "symbol_url");
    json_none(json);
}

static void module_write(struct json *json, const struct analysis *analysis, size_t index)
{
    const struct minidump_module *module = &analysis->minidump->modules[index];

    json_object_begin(json);
    json_key(json, "base_addr");
    output_address(json, analysis, module->base);
    json_key(json, "end_addr");
    output_address(json, analysis, module->base + module->size_bytes);
    json_key(json, "debug_file");
    json_text(json, path_base(module->debug_file));
    json_key(json, "debug_id");
    json_text(json, module->debug_id);
    json_key(json, "filename");
    json_text(json, module->name);
    code_id(json, module->code_id);
    json_key(json, "version");
    output_version(json, module->has_version, module->file_version);
    json_key(json, "cert_subject");
    json_none(json);
    module_symbols(json, analysis, index);
    json_object_end(json);
}

static void modules(struct json *json, const struct analysis *analysis)
{
    json_key(json, "main_module");
    if (analysis->main_module == MINIDUMP_NONE)
        json_none(json);
    else
        json_uint(json, analysis->main_module);
    json_key(json, "modules_contains_cert_info");
    json_bool(json, false);
    json_key(json, "modules");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->module_count; i++)
        module_write(json, analysis, i);
    json_array_end(json);
}

static void unloaded_modules(struct json *json, const struct analysis *analysis)
{
    json_key(json, "unloaded_modules");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->unloaded_count; i++) {
        const struct minidump_unloaded *unloaded = &analysis->minidump->unloaded[i];

        json_object_begin(json);
        json_key(json, "base_addr");
        output_address(json, analysis, unloaded->base);
        json_key(json, "end_addr");
        output_address(json, analysis, unloaded->base + unloaded->size_bytes);
        code_id(json, unloaded->code_id);
        text_or_null(json, "filename", unloaded->name);
        json_key(json, "cert_subject");
        json_none(json);
        json_object_end(json);
    }
    json_array_end(json);
}

void output_schema(struct json *json, const struct analysis *analysis)
{
    static const char *const foreign[] = {"lsb_release", "mac_crash_info", "mac_boot_args"};
    const struct minidump_misc *misc = &analysis->minidump->misc;

    json_key(json, "status");
    json_text(json, "OK");
    json_key(json, "schema_version");
    json_uint(json, PROCESS_SCHEMA_VERSION);
    json_key(json, "pid");
    if (misc->has_pid)
        json_uint(json, misc->pid);
    else
        json_none(json);
    crash_info(json, analysis);
    system_info(json, &analysis->minidump->system);
    threads(json, analysis);
    modules(json, analysis);
    unloaded_modules(json, analysis);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        json_key(json, foreign[i]);
        json_none(json);
    }
}
