/* salvor.c - the object `salvor` of a report:
 *
 *   reason       the crash in one sentence
 *   exception    {code, name, flags, address, parameters[], address_known}, or null
 *   fast_fail    {code, name} of a __fastfail, or null
 *   layer        who wrote the dump (proto/record.h), or null; source: which hook saw it
 *   program      {name, path, version, product_version}; the record's version counts before the file's
 *   signature    {title, hash, version, tags[], frame}; hash is 16 hex digits; frame is an index into crashing_thread.frames, or null
 *   annotations  {key: value}; log: lines, oldest first; record: the record's other lines {key: value}
 *   threads      as the report's: {id, registers{}, why_no_registers, end, suspend_count, priority, teb, start_address}
 *   modules      as the report's: {path, code_id, debug_path, timestamp, product_version, symbols}; code_id is written as symbol stores do
 *                symbols {state, source, file, why, wanted[{name, id, found}]}: state is "unneeded" (no frame runs in it), "loaded",
 *                "missing", "mismatched" or "malformed"; source "pdb", "sym", "dwarf", "exports" or null; file without its folders; why
 *                completes "FILE ..."; found: it is there, but cannot serve
 *   tables       the compiled symbol files that were looked up in: {kind, name, id, cached}; kind is "pdb", "sym" or "pe"; cached: it was
 *                in the cache, and not compiled for this report alone
 *   handles      what the process had open: {handle, type, name, access}
 *   functions    tables of code outside of modules, as just-in-time compilers make it: {begin, end, count}
 *   memory       {process, system}, each null when the dump does not say: {working_set_bytes, peak_working_set_bytes, private_bytes,
 *                pagefile_bytes, peak_pagefile_bytes, virtual_bytes, peak_virtual_bytes, page_faults}, {physical_bytes, available_bytes,
 *                committed_bytes, peak_committed_bytes, commit_limit_bytes}
 *   dump         {size_bytes, time, flags, process_start}; times are Unix seconds
 *   comment      or null; soft_errors[]
 */
#include "base/file.h"
#include "base/text.h"
#include "process/client.h"
#include "process/images.h"
#include "process/output.h"
#include "proto/code.h"
#include "proto/record.h"
#include "unwind/function_table.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_member(struct json *json, const char *key, const char *value)
{
    json_key(json, key);
    json_text(json, value && *value ? value : NULL);
}

static void hex_member(struct json *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_hex(json, value);
}

static void exception(struct json *json, const struct analysis *analysis)
{
    const struct minidump_exception *from = &analysis->minidump->exception;
    char code[16];

    json_key(json, "exception");
    if (!from->present) {
        json_none(json);
        return;
    }
    snprintf(code, sizeof(code), "0x%08" PRIx32, from->code);
    json_object_begin(json);
    text_member(json, "code", code);
    text_member(json, "name", code_exception_name(from->code));
    hex_member(json, "flags", from->flags);
    json_key(json, "address");
    output_address(json, analysis, from->address);
    json_key(json, "parameters");
    json_array_begin(json);
    for (uint32_t i = 0; i < from->parameter_count; i++)
        json_hex(json, from->parameters[i]);
    json_array_end(json);
    json_key(json, "address_known");
    json_bool(json, analysis->reason.address_known);
    json_object_end(json);
}

static void fast_fail(struct json *json, const struct analysis *analysis)
{
    uint64_t subcode;

    json_key(json, "fast_fail");
    if (!minidump_fast_fail(analysis->minidump, &subcode)) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    json_key(json, "code");
    json_uint(json, subcode);
    text_member(json, "name", code_fast_fail_name(subcode));
    json_object_end(json);
}

static void record_member(struct json *json, const struct analysis *analysis, const char *key, const char *record_key)
{
    char *value = enclosed_get(&analysis->enclosed, record_key);

    text_member(json, key, value);
    free(value);
}

static void program(struct json *json, const struct analysis *analysis)
{
    const struct minidump_module *module =
        analysis->main_module == MINIDUMP_NONE ? NULL : &analysis->minidump->modules[analysis->main_module];
    static const uint16_t none[4] = {0};
    char *name = enclosed_get(&analysis->enclosed, RECORD_APP), *version = enclosed_get(&analysis->enclosed, RECORD_VERSION);

    json_key(json, "program");
    json_object_begin(json);
    text_member(json, "name", name && *name ? name : module ? module->name : NULL);
    text_member(json, "path", module ? module->path : NULL);
    json_key(json, "version");
    if (version && *version)
        json_text(json, version);
    else
        output_version(json, module && module->has_version, module ? module->file_version : none);
    json_key(json, "product_version");
    output_version(json, module && module->has_version, module ? module->product_version : none);
    json_object_end(json);
    free(name);
    free(version);
}

static void signature(struct json *json, const struct analysis *analysis)
{
    const struct signature *from = &analysis->signature;
    char hash[24];

    snprintf(hash, sizeof(hash), "%016" PRIx64, from->hash);
    json_key(json, "signature");
    json_object_begin(json);
    text_member(json, "title", from->title);
    text_member(json, "hash", hash);
    json_key(json, "version");
    json_uint(json, from->version);
    json_key(json, "tags");
    json_array_begin(json);
    for (size_t i = 0; i < from->tag_count; i++)
        json_text(json, from->tags[i]);
    json_array_end(json);
    json_key(json, "frame");
    if (from->has_frame)
        json_uint(json, from->frame);
    else
        json_none(json);
    json_object_end(json);
}

static void annotations(struct json *json, const struct analysis *analysis)
{
    json_key(json, "annotations");
    json_object_begin(json);
    for (size_t i = 0; i < analysis->enclosed.annotation_count; i++) {
        json_key(json, analysis->enclosed.annotations[i].key);
        json_text(json, analysis->enclosed.annotations[i].value);
    }
    json_object_end(json);
}

static void log_lines(struct json *json, const struct analysis *analysis)
{
    struct span line;
    size_t cursor = 0;

    json_key(json, "log");
    json_array_begin(json);
    while (enclosed_log_next(&analysis->enclosed, &cursor, &line))
        json_text_sized(json, (const char *)line.data, line.len);
    json_array_end(json);
}

/* What the record says besides its annotations; keys that are shown elsewhere are left out. */
static void record(struct json *json, const struct analysis *analysis)
{
    static const char *const keys[] = {RECORD_ID,   RECORD_ENVIRONMENT, RECORD_CHANNEL,   RECORD_PID,     RECORD_START,
                                       RECORD_TIME, RECORD_REASON,      RECORD_EXIT_CODE, RECORD_WEAK_ID, RECORD_FILTER_FAULTED};

    json_key(json, "record");
    json_object_begin(json);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char *value = enclosed_get(&analysis->enclosed, keys[i]);

        if (value)
            text_member(json, keys[i], value);
        free(value);
    }
    json_object_end(json);
}

static const char *end_text(enum unwind_end end)
{
    switch (end) {
    case UNWIND_END_FRAME_LIMIT:
        return "frame limit";
    case UNWIND_END_BUDGET:
        return "limit for one dump";
    case UNWIND_END_NO_REGISTERS:
        return "no registers";
    default:
        return "bottom";
    }
}

static void threads(struct json *json, const struct analysis *analysis)
{
    json_key(json, "threads");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->thread_count; i++) {
        const struct minidump_thread *from = &analysis->minidump->threads[i];
        const struct analysis_thread *thread = &analysis->threads[i];

        json_object_begin(json);
        json_key(json, "id");
        json_uint(json, from->id);
        json_key(json, "registers");
        output_registers(json, analysis, &thread->registers, CPU_MAX_REGISTERS);
        text_member(json, "why_no_registers", thread->why_no_registers);
        text_member(json, "end", thread->has_registers ? end_text(thread->stack.end) : NULL);
        json_key(json, "suspend_count");
        json_uint(json, from->suspend_count);
        json_key(json, "priority");
        json_int(json, (int32_t)from->priority);
        json_key(json, "teb");
        output_address(json, analysis, from->teb);
        json_key(json, "start_address");
        if (from->start_address)
            output_address(json, analysis, from->start_address);
        else
            json_none(json);
        json_object_end(json);
    }
    json_array_end(json);
}

static void wanted_files(struct json *json, const struct analysis *analysis, size_t module)
{
    struct naming_wanted wanted[NAMING_MAX_WANTED];
    size_t count = naming_wanted(analysis->naming, module, wanted);

    json_key(json, "wanted");
    json_array_begin(json);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(json);
        text_member(json, "name", wanted[i].name);
        text_member(json, "id", wanted[i].id);
        json_key(json, "found");
        json_bool(json, wanted[i].is_found);
        json_object_end(json);
    }
    json_array_end(json);
}

static void module_symbols(struct json *json, const struct analysis *analysis, size_t module)
{
    struct naming_report report;

    naming_report(analysis->naming, module, &report);
    json_key(json, "symbols");
    json_object_begin(json);
    text_member(json, "state", naming_state_text(report.state));
    text_member(json, "source", report.source);
    text_member(json, "file", path_base(report.file));
    text_member(json, "why", report.why);
    wanted_files(json, analysis, module);
    json_object_end(json);
}

static void modules(struct json *json, const struct analysis *analysis)
{
    json_key(json, "modules");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->module_count; i++) {
        const struct minidump_module *module = &analysis->minidump->modules[i];

        json_object_begin(json);
        text_member(json, "path", module->path);
        text_member(json, "code_id", module->code_id);
        text_member(json, "debug_path", module->debug_file);
        json_key(json, "timestamp");
        json_uint(json, module->timestamp);
        json_key(json, "product_version");
        output_version(json, module->has_version, module->product_version);
        module_symbols(json, analysis, i);
        json_object_end(json);
    }
    json_array_end(json);
}

static void tables(struct json *json, const struct analysis *analysis)
{
    struct symbol_use use;

    json_key(json, "tables");
    json_array_begin(json);
    for (size_t i = 0; symbol_store_use(analysis->store, i, &use); i++) {
        if (!use.answer->table)
            continue;
        json_object_begin(json);
        text_member(json, "kind", client_kind_name(use.kind));
        text_member(json, "name", use.name);
        text_member(json, "id", use.id);
        json_key(json, "cached");
        json_bool(json, use.answer->is_cached);
        json_object_end(json);
    }
    json_array_end(json);
}

static void handles(struct json *json, const struct minidump *minidump)
{
    json_key(json, "handles");
    json_array_begin(json);
    for (size_t i = 0; i < minidump->handle_count; i++) {
        json_object_begin(json);
        hex_member(json, "handle", minidump->handles[i].handle);
        text_member(json, "type", minidump->handles[i].type);
        text_member(json, "name", minidump->handles[i].name);
        hex_member(json, "access", minidump->handles[i].access);
        json_object_end(json);
    }
    json_array_end(json);
}

static void function_tables(struct json *json, const struct analysis *analysis)
{
    static const size_t max = FUNCTION_TABLE_MAX_TABLES;
    struct span stream = images_function_tables(analysis->minidump);
    struct function_table_range *ranges = stream.len ? malloc(max * sizeof(*ranges)) : NULL;
    size_t count = ranges ? function_table_ranges(stream, ranges, max) : 0;

    json_key(json, "functions");
    json_array_begin(json);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(json);
        json_key(json, "begin");
        output_address(json, analysis, ranges[i].begin);
        json_key(json, "end");
        output_address(json, analysis, ranges[i].end);
        json_key(json, "count");
        json_uint(json, ranges[i].functions);
        json_object_end(json);
    }
    json_array_end(json);
    free(ranges);
}

/* Readers of JSON take no larger integers, and no machine has as much. */
static void bytes_member(struct json *json, const char *key, bool is_known, uint64_t value)
{
    json_key(json, key);
    if (is_known && value <= INT64_MAX)
        json_uint(json, value);
    else
        json_none(json);
}

static void process_memory(struct json *json, const struct minidump_process_memory *memory)
{
    json_key(json, "process");
    if (!memory->present) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    bytes_member(json, "working_set_bytes", true, memory->working_set_bytes);
    bytes_member(json, "peak_working_set_bytes", true, memory->peak_working_set_bytes);
    bytes_member(json, "private_bytes", memory->has_private, memory->private_bytes);
    bytes_member(json, "pagefile_bytes", true, memory->pagefile_bytes);
    bytes_member(json, "peak_pagefile_bytes", true, memory->peak_pagefile_bytes);
    bytes_member(json, "virtual_bytes", memory->has_virtual, memory->virtual_bytes);
    bytes_member(json, "peak_virtual_bytes", memory->has_virtual, memory->peak_virtual_bytes);
    bytes_member(json, "page_faults", true, memory->page_faults);
    json_object_end(json);
}

static void system_memory(struct json *json, const struct minidump_system_memory *memory)
{
    json_key(json, "system");
    if (!memory->present) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    bytes_member(json, "physical_bytes", true, memory->physical_bytes);
    bytes_member(json, "available_bytes", memory->has_commitment, memory->available_bytes);
    bytes_member(json, "committed_bytes", memory->has_commitment, memory->committed_bytes);
    bytes_member(json, "peak_committed_bytes", memory->has_commitment, memory->peak_committed_bytes);
    bytes_member(json, "commit_limit_bytes", memory->has_commitment, memory->commit_limit_bytes);
    json_object_end(json);
}

static void memory(struct json *json, const struct minidump *minidump)
{
    json_key(json, "memory");
    json_object_begin(json);
    process_memory(json, &minidump->process_memory);
    system_memory(json, &minidump->system_memory);
    json_object_end(json);
}

static void dump(struct json *json, const struct minidump *minidump)
{
    json_key(json, "dump");
    json_object_begin(json);
    json_key(json, "size_bytes");
    json_uint(json, minidump->bytes.len);
    json_key(json, "time");
    json_uint(json, minidump->timestamp);
    hex_member(json, "flags", minidump->flags);
    json_key(json, "process_start");
    if (minidump->misc.has_times)
        json_uint(json, minidump->misc.process_start);
    else
        json_none(json);
    json_object_end(json);
}

static void soft_errors(struct json *json, const struct analysis *analysis)
{
    char text[ANALYSIS_NOTE_BYTES];

    json_key(json, "soft_errors");
    json_array_begin(json);
    for (size_t i = 0; i < analysis->minidump->soft_error_count; i++)
        json_text(json, analysis->minidump->soft_errors[i]);
    for (size_t i = 0; i < analysis->note_count; i++) {
        analysis_note_text(analysis, &analysis->notes[i], text);
        json_text(json, text);
    }
    json_array_end(json);
}

void output_salvor(struct json *json, const struct analysis *analysis)
{
    json_key(json, "salvor");
    json_object_begin(json);
    text_member(json, "reason", analysis->reason.sentence);
    exception(json, analysis);
    fast_fail(json, analysis);
    record_member(json, analysis, "layer", RECORD_LAYER);
    record_member(json, analysis, "source", RECORD_SOURCE);
    program(json, analysis);
    signature(json, analysis);
    annotations(json, analysis);
    log_lines(json, analysis);
    record(json, analysis);
    threads(json, analysis);
    modules(json, analysis);
    tables(json, analysis);
    handles(json, analysis->minidump);
    function_tables(json, analysis);
    memory(json, analysis->minidump);
    dump(json, analysis->minidump);
    text_member(json, "comment", analysis->minidump->comment);
    soft_errors(json, analysis);
    json_object_end(json);
}
