/* check_modules.c - the registered WER modules of ours: the file is there, of the view's bitness, can be loaded as WerFault.exe would load
 * it, and nobody but administrators can replace it. Modules of others are none of our business. */
#include "access.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "checks.h"
#include "image.h"
#include "proto/name.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

#define CHECK         "wer-module"
#define MAX_SELF_PATH 65536

static const struct {
    const char *name;
    const char *programs;
} views[] = {[VIEW_64] = {"64-bit view", "64-bit programs"}, [VIEW_32] = {"32-bit view", "32-bit programs"}};

static bool is_ours(const char *path)
{
    return text_equal_nocase(path_base(path), NAME_WER_MODULE);
}

static void bad(struct doctor *doctor, enum view view, const char *path, const char *why, const char *what)
{
    findings_add(&doctor->findings, FINDING_ERROR, CHECK, why, "%s (%s): %s", path, views[view].name, what);
}

static void missing(struct doctor *doctor, enum view view, const char *path)
{
    /* Our .reg files name it whether there is one or not: most machines run no 32-bit program of ours. */
    if (view == VIEW_32 && text_equal_nocase(path, NAME_DEFAULT_MODULE_X86)) {
        findings_add(&doctor->findings, FINDING_NOTE, CHECK, NULL, "%s is registered for 32-bit programs and not there", path);
        findings_remedy(&doctor->findings, "nothing, unless a 32-bit program uses Salvor: then put the x86 " NAME_WER_MODULE " there");
        return;
    }
    bad(doctor, view, path, "WER passes over a module that is missing, and says nothing", "the file is not there");
    findings_remedy(&doctor->findings, "put the file there, or take the value out with the undo file of 'salvor-collector reg'");
}

static bool has_exports(HMODULE module)
{
    static const char *const exports[] = {"OutOfProcessExceptionEventCallback", "OutOfProcessExceptionEventSignatureCallback",
                                          "OutOfProcessExceptionEventDebuggerLaunchCallback"};

    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++)
        if (!GetProcAddress(module, exports[i]))
            return false;
    return true;
}

/* With what it imports coming from System32 alone, as in WerFault.exe. */
static bool check_loads(struct doctor *doctor, enum view view, const char *path)
{
    WCHAR *wide = wide_from_utf8(path);
    HMODULE module = wide ? LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32) : NULL;
    DWORD error = GetLastError();
    bool ok = module && has_exports(module);

    if (!module)
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "WerFault.exe cannot load it either", "%s (%s) cannot be loaded: error %lu",
                     path, views[view].name, error);
    else if (!ok)
        bad(doctor, view, path, "WER calls three functions of it", "it is no module of WER's: functions are missing");
    if (!ok)
        findings_remedy(&doctor->findings, "put " NAME_WER_MODULE " of the version in use there");
    if (module)
        FreeLibrary(module);
    free(wide);
    return ok;
}

static bool check_machine(struct doctor *doctor, enum view view, const char *path, uint16_t *ret)
{
    if (image_machine(path, ret) != ST_OK) {
        bad(doctor, view, path, "WER passes over it, and says nothing", "it is no DLL");
    } else if (image_is_32_bit(*ret) != (view == VIEW_32)) {
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "WerFault.exe of the crashed program's bitness cannot load it",
                     "%s is made for %s and registered for %s", path, image_machine_name(*ret), views[view].programs);
    } else {
        return true;
    }
    findings_remedy(&doctor->findings,
                    "register the DLL of each bitness in its own view: 'salvor-collector reg --module ... --module-x86 ...'");
    return false;
}

/* It runs inside WerFault.exe of every account. */
static bool check_safe(struct doctor *doctor, enum view view, const char *path)
{
    DWORD rights = 0;

    if (!access_is_kept() || access_read(path, &rights) != ST_OK || !(rights & (FILE_WRITE_DATA | WRITE_DAC | WRITE_OWNER | DELETE)))
        return true;
    bad(doctor, view, path, "it is loaded into WerFault.exe of every account, administrators' and services' too",
        "ordinary users may change or replace it");
    findings_remedy(&doctor->findings, "put it where only administrators may write, such as below C:\\Program Files");
    return false;
}

static void check_module(struct doctor *doctor, enum view view, const char *path)
{
    struct file_info info;
    uint16_t machine = 0, own = 0;
    struct buffer self;

    if (file_stat(path, &info) != ST_OK || info.is_folder) {
        missing(doctor, view, path);
        return;
    }
    if (!check_machine(doctor, view, path, &machine) || !check_safe(doctor, view, path))
        return;
    buffer_init(&self, MAX_SELF_PATH);
    bool can_load = process_self_path(&self) == ST_OK && image_machine(buffer_text(&self), &own) == ST_OK && own == machine;
    buffer_done(&self);
    if (!can_load || check_loads(doctor, view, path))
        findings_add(&doctor->findings, FINDING_OK, CHECK, NULL, "%s (%s, %s) is registered and %s", path, views[view].name,
                     image_machine_name(machine), can_load ? "can be loaded" : "there");
}

/* The module that stands beside us is of no use unless it is registered under this very path. */
static void check_own(struct doctor *doctor, const struct names *registered)
{
    struct buffer path;
    struct file_info info;

    buffer_init(&path, MAX_SELF_PATH);
    if (process_self_path(&path) == ST_OK) {
        path.len -= strlen(path_base(buffer_text(&path)));
        path.data[path.len] = '\0';
        if (buffer_append_text(&path, NAME_WER_MODULE) == ST_OK && file_stat(buffer_text(&path), &info) == ST_OK &&
            !names_have(registered, buffer_text(&path))) {
            findings_add(&doctor->findings, FINDING_WARNING, CHECK, "WER loads only modules whose full path is the name of a value",
                         "%s is not registered", buffer_text(&path));
            findings_remedy(&doctor->findings, "import the file that 'salvor-collector reg --module \"%s\" ...' makes", buffer_text(&path));
        }
    }
    buffer_done(&path);
}

void check_modules(struct doctor *doctor)
{
    static const enum view all[] = {VIEW_64, VIEW_32};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct names registered = {0};
        enum status st = view_values(all[i], NAME_KEY_WER_MODULES, &registered);
        size_t ours = 0;
        if (st)
            doctor->findings.status = st;
        for (size_t j = 0; j < registered.count; j++) {
            if (!is_ours(registered.items[j]))
                continue;
            ours++;
            check_module(doctor, all[i], registered.items[j]);
        }
        if (ours == 0)
            findings_add(&doctor->findings, FINDING_NOTE, CHECK, "what they tell (annotations, log) is missing from such reports",
                         "no " NAME_WER_MODULE " is registered for %s: a __fastfail of theirs is left to LocalDumps",
                         views[all[i]].programs);
        if (all[i] == (sizeof(void *) == 8 ? VIEW_64 : VIEW_32))
            check_own(doctor, &registered);
        names_done(&registered);
    }
}
