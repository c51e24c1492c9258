/* analysis.c - the pipeline: decode, find the crash, walk every thread, sign. */
#include "process/analysis.h"
#include "base/file.h"
#include "base/text.h"
#include "process/cabinet.h"
#include "process/images.h"
#include "unwind/symbol_source.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What walks read from. */
struct walked {
    const struct minidump *minidump;
    struct images *images;
    struct naming *naming;
    struct analysis *analysis;
    uint64_t shadow_stack; /* of the thread that is walked; 0 = it has none that is known */
};

static bool process_read(void *context, uint64_t address, void *ret, size_t size)
{
    return minidump_memory_read(((const struct walked *)context)->minidump, address, ret, size);
}

static bool process_is_code(void *context, uint64_t address)
{
    const struct minidump *minidump = ((const struct walked *)context)->minidump;
    const struct minidump_region *region;

    if (minidump_module_at(minidump, address) == MINIDUMP_NONE)
        return false;
    region = minidump_region_at(minidump, address);
    return !region || (region->protect & MINIDUMP_EXECUTE_ANY);
}

/* Under the rest of Windows lie these; what runs below them is the kernel. */
static bool process_is_bottom(void *context, uint64_t address)
{
    static const char *const names[] = {"ntdll.dll", "kernelbase.dll", "win32u.dll", "wow64.dll", "wow64cpu.dll", "wow64win.dll"};
    const struct minidump *minidump = ((const struct walked *)context)->minidump;
    size_t module = minidump_module_at(minidump, address);

    for (size_t i = 0; module != MINIDUMP_NONE && i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal_nocase(path_base(minidump->modules[module].name), names[i]))
            return true;
    return false;
}

const struct minidump_module *analysis_frame_module(const struct analysis *analysis, const struct unwind_frame *frame)
{
    size_t module = minidump_module_at(analysis->minidump, frame->lookup);

    return module == MINIDUMP_NONE ? NULL : &analysis->minidump->modules[module];
}

static bool process_source(void *context, uint64_t address, size_t index, struct unwind_source *ret)
{
    return images_source(((const struct walked *)context)->images, address, index, ret);
}

static bool process_rules(void *context, uint64_t address, size_t index, const char **ret)
{
    return naming_rules(((const struct walked *)context)->naming, address, index, ret);
}

/* A table may know only what a function's callers push; one with a record tells more. */
static bool process_record(void *context, uint64_t address, struct unwind_frame_record *ret)
{
    struct naming *naming = ((const struct walked *)context)->naming;
    const struct symbol_table *table;
    uint64_t base;
    size_t index = 0;

    for (; (table = naming_table(naming, address, index, &base)) != NULL; index++) {
        unwind_frame_record_of_symbols(table, base, (uint32_t)(address - base), ret);
        if (ret->win.size)
            return true;
    }
    return index != 0;
}

static bool process_shadow(void *context, size_t index, uint64_t *ret)
{
    const struct walked *walked = context;
    uint8_t word[8];

    if (index > (UINT64_MAX - walked->shadow_stack) / 8 ||
        !minidump_memory_read(walked->minidump, walked->shadow_stack + 8 * (uint64_t)index, word, sizeof(word)))
        return false;
    *ret = bytes_u64(word);
    return true;
}

static void process_note(void *context, uint64_t address, const char *what)
{
    const struct walked *walked = context;
    struct analysis *analysis = walked->analysis;
    size_t module = minidump_module_at(walked->minidump, address);

    for (size_t i = 0; i < analysis->note_count; i++)
        if (analysis->notes[i].module == module && analysis->notes[i].what == what)
            return;
    if (analysis->note_count < ANALYSIS_MAX_NOTES)
        analysis->notes[analysis->note_count++] = (struct analysis_note){module, address, what};
}

void analysis_note_text(const struct analysis *analysis, const struct analysis_note *note, char ret[ANALYSIS_NOTE_BYTES])
{
    const struct minidump_module *module = note->module == MINIDUMP_NONE ? NULL : &analysis->minidump->modules[note->module];

    if (module)
        snprintf(ret, ANALYSIS_NOTE_BYTES, "unwinding: the code at %.200s+0x%" PRIx64 " %s; its callers were looked for by other means",
                 module->name, note->address - module->base, note->what);
    else
        snprintf(ret, ANALYSIS_NOTE_BYTES, "unwinding: the code at 0x%" PRIx64 " %s; its callers were looked for by other means",
                 note->address, note->what);
}

size_t analysis_frame_functions(const struct analysis *analysis, const struct unwind_frame *frame,
                                struct symbol_frame ret[SYMBOLS_MAX_FRAMES])
{
    return naming_functions(analysis->naming, frame->lookup, ret, SYMBOLS_MAX_FRAMES);
}

static enum status thread_walk(struct analysis *analysis, struct images *images, size_t index, struct unwind_budget *budget)
{
    const struct minidump_system *system = &analysis->minidump->system;
    struct walked walked = {analysis->minidump, images, analysis->naming, analysis, 0};
    bool has_shadow = minidump_thread_shadow_stack(analysis->minidump, index, &walked.shadow_stack);
    const struct unwind_process process = {.context = &walked,
                                           .read = process_read,
                                           .is_code = process_is_code,
                                           .has_home_space = system->cpu == CPU_AMD64 && system->platform == MINIDUMP_OS_WINDOWS,
                                           .is_bottom = process_is_bottom,
                                           .source = process_source,
                                           .rules = process_rules,
                                           .frame_record = process_record,
                                           .shadow = has_shadow ? process_shadow : NULL,
                                           .note = process_note};
    struct analysis_thread *thread = &analysis->threads[index];

    thread->why_no_registers = minidump_thread_state(analysis->minidump, index, &thread->registers);
    thread->has_registers = !thread->why_no_registers;
    return thread->has_registers ? unwind_walk(&process, &thread->registers, budget, &thread->stack) : ST_OK;
}

/* The crashing thread comes first, so that a hostile crowd of threads cannot use up its share. */
static enum status threads_walk(struct analysis *analysis)
{
    struct unwind_budget budget = {ANALYSIS_MAX_FRAMES, ANALYSIS_MAX_SCAN_WORDS};
    size_t count = analysis->minidump->thread_count;
    struct images *images = NULL;
    enum status status;

    analysis->threads = calloc(count ? count : 1, sizeof(*analysis->threads));
    if (!analysis->threads)
        return ST_MEMORY;
    status = images_create(&images, analysis->minidump, analysis->naming);
    if (status == ST_OK && analysis->crashing_thread != MINIDUMP_NONE)
        status = thread_walk(analysis, images, analysis->crashing_thread, &budget);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        if (i != analysis->crashing_thread)
            status = thread_walk(analysis, images, i, &budget);
    images_free(images);
    return status;
}

/* What each frame is called is asked for once here, so that a module's symbols are there, or known to be missing, before output. */
static void frames_name(struct analysis *analysis)
{
    struct symbol_frame functions[SYMBOLS_MAX_FRAMES];

    for (size_t i = 0; i < analysis->minidump->thread_count; i++)
        for (size_t j = 0; j < analysis->threads[i].stack.count; j++)
            analysis_frame_functions(analysis, &analysis->threads[i].stack.frames[j], functions);
}

static enum status archive_unpack(const char *archive, const char *file, const char **ret_why)
{
    return cabinet_expand_file(archive, file, CABINET_MAX_BYTES, ret_why);
}

static enum status symbols_open_store(struct analysis *analysis, const struct analysis_options *options)
{
    static const struct analysis_options none;
    enum status status;

    if (!options)
        options = &none;
    status = symbol_store_create(&analysis->store, options->symbol_cache);
    for (size_t i = 0; i < options->symbol_folder_count && status == ST_OK; i++)
        status = symbol_store_add(analysis->store, options->symbol_folders[i]);
    if (status == ST_OK)
        status = naming_create(&analysis->naming, analysis->minidump, analysis->store, options->dwarf);
    if (status == ST_OK)
        symbol_store_watch(analysis->store, options->on_compile, options->on_compile_context);
    if (status == ST_OK)
        symbol_store_unpack(analysis->store, archive_unpack);
    return status;
}

/* The frames to sign, inlined functions as frames of their own, and which frame of the stack each belongs to. */
struct signed_frames {
    struct signature_frame frames[ANALYSIS_SIGNED_FRAMES];
    size_t origins[ANALYSIS_SIGNED_FRAMES];
    size_t count;
};

static void add_signed(struct signed_frames *to, const struct analysis *analysis, size_t index, const char *function)
{
    const struct unwind_frame *from = &analysis->threads[analysis->crashing_thread].stack.frames[index];
    const struct minidump_module *module = analysis_frame_module(analysis, from);
    struct signature_frame *frame;

    if (to->count == ANALYSIS_SIGNED_FRAMES)
        return;
    frame = &to->frames[to->count];
    frame->module = module && *module->name ? module->name : NULL;
    frame->code_id = module ? module->code_id : "";
    frame->function = function && *function ? function : NULL;
    frame->module_offset = module ? from->lookup - module->base : 0;
    to->origins[to->count++] = index;
}

static void frames_to_sign(const struct analysis *analysis, struct signed_frames *ret)
{
    const struct unwind_stack *stack = &analysis->threads[analysis->crashing_thread].stack;
    struct symbol_frame functions[SYMBOLS_MAX_FRAMES];

    for (size_t i = 0; i < stack->count && ret->count < ANALYSIS_SIGNED_FRAMES; i++) {
        size_t count = analysis_frame_functions(analysis, &stack->frames[i], functions);

        for (size_t j = 0; j < count; j++)
            add_signed(ret, analysis, i, functions[j].function);
        if (!count)
            add_signed(ret, analysis, i, NULL);
    }
}

static const char *fingerprint_of(const struct enclosed *enclosed)
{
    for (size_t i = 0; i < enclosed->annotation_count; i++)
        if (strcmp(enclosed->annotations[i].key, "fingerprint") == 0)
            return enclosed->annotations[i].value;
    return NULL;
}

static void sign(struct analysis *analysis, const struct signature_rules *rules, struct buffer *explain)
{
    struct signed_frames frames = {.count = 0};
    struct signature_input input = {
        .frames = frames.frames, .exception_code = analysis->minidump->exception.code, .fingerprint = fingerprint_of(&analysis->enclosed)};

    if (analysis->crashing_thread != MINIDUMP_NONE)
        frames_to_sign(analysis, &frames);
    else
        input.why_empty = "the dump names no crashing thread";
    input.frame_count = frames.count;
    if (frames.count)
        input.why_empty = "no frame of the crashing thread lies in a module";
    input.has_fast_fail = minidump_fast_fail(analysis->minidump, &input.fast_fail);
    if (analysis->main_module != MINIDUMP_NONE)
        input.program = analysis->minidump->modules[analysis->main_module].name;
    signature_make(rules, &input, explain, &analysis->signature);
    if (analysis->signature.has_frame)
        analysis->signature.frame = frames.origins[analysis->signature.frame];
}

static enum status sign_by(struct analysis *analysis, const struct analysis_options *options)
{
    char message[RULES_MESSAGE_BYTES];
    struct signature_rules *own = NULL;
    const struct signature_rules *rules = options ? options->rules : NULL;
    enum status status = rules ? ST_OK : signature_rules_create(&own, NULL, 0, message);

    if (status == ST_OK)
        sign(analysis, rules ? rules : own, options ? options->explain : NULL);
    signature_rules_free(own);
    return status;
}

static enum status analyse(struct analysis *analysis, struct span record, const struct analysis_options *options)
{
    enum status status = enclosed_collect(&analysis->enclosed, analysis->minidump, record);

    if (status != ST_OK)
        return status;
    minidump_reason(analysis->minidump, &analysis->reason);
    analysis->crashing_thread = minidump_crashing_thread(analysis->minidump);
    analysis->main_module = analysis->minidump->module_count ? 0 : MINIDUMP_NONE;
    status = symbols_open_store(analysis, options);
    if (status == ST_OK)
        status = threads_walk(analysis);
    if (status != ST_OK)
        return status;
    frames_name(analysis);
    return sign_by(analysis, options);
}

enum status analysis_create(struct analysis **ret, struct span file, const struct analysis_options *options, const char **ret_why)
{
    struct analysis *analysis = NULL;
    struct enclosed_file parts;
    const char *why = enclosed_split(file, &parts);
    enum status status = ST_FORMAT;

    if (why)
        goto refused;
    why = "no memory to process the dump";
    status = ST_MEMORY;
    analysis = calloc(1, sizeof(*analysis));
    if (!analysis)
        goto refused;
    status = minidump_open(&analysis->minidump, parts.dump, &why);
    if (status == ST_OK)
        status = analyse(analysis, parts.record, options);
    if (status != ST_OK)
        goto refused;
    *ret = analysis;
    return ST_OK;

refused:
    *ret_why = why;
    analysis_free(analysis);
    return status;
}

void analysis_free(struct analysis *analysis)
{
    if (!analysis)
        return;
    for (size_t i = 0; analysis->threads && i < analysis->minidump->thread_count; i++)
        unwind_stack_done(&analysis->threads[i].stack);
    free(analysis->threads);
    naming_free(analysis->naming);
    symbol_store_free(analysis->store);
    enclosed_done(&analysis->enclosed);
    minidump_close(analysis->minidump);
    free(analysis);
}
