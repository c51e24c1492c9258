/* naming.c - asks the symbol store for a module's PDB, its Breakpad file and its image, best first. */
#include "process/naming.h"
#include "base/file.h"
#include "process/mapping.h"
#include "symbols/pe.h"
#include "unwind/symbol_source.h"
#include <stdlib.h>
#include <string.h>

enum { KIND_COUNT = LOCATE_PE + 1 };

/* Names come from the PDB before the Breakpad file, which was made of one, and from the image's exports last. */
static const enum locate_kind named_by[] = {LOCATE_PDB, LOCATE_SYM};
/* A Breakpad file has unwind rules for every processor, a PDB for x86 only. */
static const enum locate_kind unwound_by[] = {LOCATE_SYM, LOCATE_PDB};

struct naming_module {
    bool is_sought[KIND_COUNT];
    struct symbol_answer answers[KIND_COUNT];
    bool is_image_sought, is_debug_sought;
    char *image;                                   /* NULL when it is not there */
    char *debug_file, debug_id[PE_DEBUG_ID_BYTES]; /* as the image says, where the dump does not; NULL and "" */
    bool has_dwarf;                                /* and it named something */
};

struct naming {
    const struct minidump *minidump;
    struct symbol_store *store;
    struct dwarf *dwarf;
    struct naming_module *modules; /* one for each of minidump->modules */
};

enum status naming_create(struct naming **ret, const struct minidump *minidump, struct symbol_store *store, struct dwarf *dwarf)
{
    struct naming *naming = calloc(1, sizeof(*naming));
    size_t count = minidump->module_count;

    if (naming)
        naming->modules = calloc(count ? count : 1, sizeof(*naming->modules));
    if (!naming || !naming->modules) {
        free(naming);
        return ST_MEMORY;
    }
    naming->minidump = minidump;
    naming->store = store;
    naming->dwarf = dwarf;
    if (dwarf)
        dwarf_settle(dwarf);
    *ret = naming;
    return ST_OK;
}

static void naming_module_done(struct naming_module *module)
{
    free(module->debug_file);
    free(module->image);
}

void naming_free(struct naming *naming)
{
    if (!naming)
        return;
    for (size_t i = 0; i < naming->minidump->module_count; i++)
        naming_module_done(&naming->modules[i]);
    free(naming->modules);
    free(naming);
}

const char *naming_image(struct naming *naming, size_t index)
{
    const struct minidump_module *names = &naming->minidump->modules[index];
    struct naming_module *module = &naming->modules[index];

    if (!module->is_image_sought && symbol_store_find(naming->store, LOCATE_PE, names->name, names->code_id, &module->image) != ST_OK)
        module->image = NULL;
    module->is_image_sought = true;
    return module->image;
}

/* Some writers of dumps, Wine's among them, leave the debug record out. The image has it too. */
static void image_debug_read(struct naming *naming, size_t index)
{
    struct naming_module *module = &naming->modules[index];
    const char *path = naming_image(naming, index);
    struct span file = {NULL, 0};
    struct pe_codeview codeview;
    struct pe pe;

    module->is_debug_sought = true;
    if (!path || mapping_open(&file, path) != ST_OK)
        return;
    if (pe_open(&pe, file, false) == ST_OK && pe_codeview(&pe, &codeview) && codeview.path.len) {
        module->debug_file = calloc(codeview.path.len + 1, 1);
        if (module->debug_file)
            memcpy(module->debug_file, codeview.path.data, codeview.path.len);
        pe_debug_id(codeview.guid, codeview.age, module->debug_id);
    }
    mapping_close(&file);
}

/* Who a module's PDB is; "" where nobody says. */
static struct naming_wanted debug_address(const struct naming *naming, size_t index)
{
    const struct minidump_module *names = &naming->minidump->modules[index];
    const struct naming_module *module = &naming->modules[index];

    if (*names->debug_id && *names->debug_file)
        return (struct naming_wanted){path_base(names->debug_file), names->debug_id, false};
    if (module->debug_file)
        return (struct naming_wanted){path_base(module->debug_file), module->debug_id, false};
    return (struct naming_wanted){"", "", false};
}

/* The address of a module's file of one kind. An image without a debug record (mingw's) has its code id only. */
static struct naming_wanted file_address(const struct naming *naming, size_t index, enum locate_kind kind)
{
    const struct minidump_module *names = &naming->minidump->modules[index];
    struct naming_wanted debug = debug_address(naming, index);

    if (kind == LOCATE_PDB || (kind == LOCATE_SYM && *debug.name))
        return debug;
    return (struct naming_wanted){names->name, names->code_id, false};
}

static const struct symbol_table *table_of(struct naming *naming, size_t index, enum locate_kind kind)
{
    struct naming_module *module = &naming->modules[index];
    struct symbol_answer *answer = &module->answers[kind];
    struct naming_wanted file;

    if (module->is_sought[kind])
        return answer->table;
    module->is_sought[kind] = true;
    *answer = (struct symbol_answer){.status = ST_NOT_FOUND, .file = "", .why = ""};
    if (kind != LOCATE_PE && !module->is_debug_sought && !*debug_address(naming, index).name)
        image_debug_read(naming, index);
    file = file_address(naming, index, kind);
    if (*file.name)
        symbol_store_get(naming->store, kind, file.name, file.id, answer); /* without memory it stays as it is */
    return answer->table;
}

static const struct symbol_table *names_of(struct naming *naming, size_t index)
{
    const struct symbol_table *table = NULL;

    for (size_t i = 0; i < sizeof(named_by) / sizeof(named_by[0]) && !table; i++)
        table = table_of(naming, index, named_by[i]);
    return table;
}

/* The nearest exported name below an address may be any function's. It is this one's when the function table begins an entry there, or when
 * it knows neither place: a leaf. */
static bool is_exports_own(const struct symbol_table *table, uint32_t rva, const struct symbol_frame *frame)
{
    struct symbol_entry entry;

    if (!symbols_has_entries(table))
        return true;
    if (symbols_entry(table, rva, &entry) == ST_OK)
        return entry.rva == frame->rva;
    return symbols_entry(table, frame->rva, &entry) != ST_OK;
}

/* By the image's own debug information, which compilers put there that write no PDB. */
static size_t dwarf_names(struct naming *naming, size_t index, uint32_t offset, struct symbol_frame *frames, size_t max)
{
    const char *image = naming->dwarf && !*naming->minidump->modules[index].debug_id ? naming_image(naming, index) : NULL;
    size_t count = image ? dwarf_functions(naming->dwarf, image, offset, frames, max) : 0;

    naming->modules[index].has_dwarf |= count > 0;
    return count;
}

size_t naming_functions(struct naming *naming, uint64_t address, struct symbol_frame *frames, size_t max)
{
    size_t index = minidump_module_at(naming->minidump, address), count = 0;
    const struct symbol_table *table;
    uint64_t offset;

    if (index == MINIDUMP_NONE)
        return 0;
    offset = address - naming->minidump->modules[index].base;
    table = offset <= UINT32_MAX ? names_of(naming, index) : NULL;
    if (table && symbols_lookup(table, (uint32_t)offset, frames, max, &count) == ST_OK)
        return count;
    if (offset <= UINT32_MAX && (count = dwarf_names(naming, index, (uint32_t)offset, frames, max)) != 0)
        return count;
    table = offset <= UINT32_MAX ? table_of(naming, index, LOCATE_PE) : NULL;
    if (table && symbols_lookup(table, (uint32_t)offset, frames, max, &count) == ST_OK && is_exports_own(table, (uint32_t)offset, frames))
        return count;
    return 0;
}

const struct symbol_table *naming_table(struct naming *naming, uint64_t address, size_t index, uint64_t *ret_base)
{
    size_t module = minidump_module_at(naming->minidump, address);

    if (module == MINIDUMP_NONE)
        return NULL;
    *ret_base = naming->minidump->modules[module].base;
    for (size_t i = 0; i < sizeof(unwound_by) / sizeof(unwound_by[0]); i++) {
        const struct symbol_table *table = table_of(naming, module, unwound_by[i]);

        if (table && index-- == 0)
            return table;
    }
    return NULL;
}

bool naming_rules(struct naming *naming, uint64_t address, size_t index, const char **ret)
{
    size_t module = minidump_module_at(naming->minidump, address);
    const struct symbol_table *table = module == MINIDUMP_NONE ? NULL : table_of(naming, module, LOCATE_SYM);
    uint64_t offset = table ? address - naming->minidump->modules[module].base : 0;

    return table && offset <= UINT32_MAX && unwind_rules_of_symbols(table, (uint32_t)offset, index, ret);
}

const char *naming_state_text(enum naming_state state)
{
    static const char *const texts[] = {"unneeded", "loaded", "missing", "mismatched", "malformed"};

    return texts[state];
}

static enum naming_state state_of(enum status status)
{
    switch (status) {
    case ST_OK:
        return NAMING_LOADED;
    case ST_NOT_FOUND:
        return NAMING_MISSING;
    case ST_REFUSED:
        return NAMING_MISMATCHED;
    default:
        return NAMING_MALFORMED;
    }
}

/* Of several files that did not serve, the damaged one is told before one of another build, and both before none. */
void naming_report(const struct naming *naming, size_t index, struct naming_report *ret)
{
    static const char *const sources[] = {[LOCATE_SYM] = "sym", [LOCATE_PDB] = "pdb"};
    const struct naming_module *module = &naming->modules[index];

    *ret = (struct naming_report){NAMING_UNNEEDED, NULL, "", ""};
    for (size_t i = 0; i < sizeof(named_by) / sizeof(named_by[0]) && ret->state != NAMING_LOADED; i++) {
        const struct symbol_answer *answer = &module->answers[named_by[i]];
        enum naming_state state = module->is_sought[named_by[i]] ? state_of(answer->status) : NAMING_UNNEEDED;

        if (state == NAMING_LOADED || state > ret->state)
            *ret = (struct naming_report){state, state == NAMING_LOADED ? sources[named_by[i]] : NULL, answer->file, answer->why};
    }
    if (ret->state != NAMING_LOADED && module->has_dwarf)
        *ret = (struct naming_report){NAMING_LOADED, "dwarf", module->image, ""};
    else if (ret->state != NAMING_LOADED && module->answers[LOCATE_PE].table)
        ret->source = "exports";
}

size_t naming_wanted(const struct naming *naming, size_t index, struct naming_wanted ret[NAMING_MAX_WANTED])
{
    struct naming_wanted pdb = file_address(naming, index, LOCATE_PDB), image = file_address(naming, index, LOCATE_PE);
    bool is_tabled = naming->minidump->system.cpu != CPU_X86; /* unwinding needs the image's function table */
    struct naming_report report;
    size_t count = 0;

    naming_report(naming, index, &report);
    if (report.state == NAMING_UNNEEDED)
        return 0;
    pdb.is_found = report.state == NAMING_MISMATCHED || report.state == NAMING_MALFORMED;
    if (report.state != NAMING_LOADED && *pdb.name)
        ret[count++] = pdb;
    if (naming->modules[index].is_image_sought && !naming->modules[index].image && (is_tabled || report.state != NAMING_LOADED))
        ret[count++] = image;
    return count;
}
