/* check_localdumps.c - LocalDumps of each program: the values that count are its own, else those of the general key, else Windows'
 * defaults. https://learn.microsoft.com/windows/win32/wer/collecting-user-mode-dumps */
#include "../check.h"
#include "base/file.h"
#include "base/text.h"
#include "checks.h"
#include "programs.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK            "localdumps"
#define MAX_KEY_BYTES    1024
#define MAKE_REG         "import the file that 'salvor-collector reg --app %s ...' makes"
#define MAX_DUMP_TYPE    2u
#define FOLDER_X86       "SOFTWARE\\WOW6432Node"
#define DEFAULT_LOCATION "%LOCALAPPDATA%\\CrashDumps"

struct program {
    const char *app;
    char key[MAX_KEY_BYTES];
};

static void bad(struct doctor *doctor, const struct program *program, enum severity severity, const char *why, const char *what)
{
    findings_add(&doctor->findings, severity, CHECK, why, "%s: %s", program->app, what);
    findings_remedy(&doctor->findings, MAKE_REG, program->app);
}

static bool check_key(struct doctor *doctor, const struct program *program)
{
    if (view_has_key(VIEW_64, program->key))
        return true;
    if (view_has_key(VIEW_32, program->key))
        bad(doctor, program, FINDING_ERROR, "Windows looks for LocalDumps in the 64-bit view only, also for 32-bit programs",
            "LocalDumps is set up in the 32-bit view of the registry (" FOLDER_X86 "), and not in the 64-bit one");
    else
        bad(doctor, program, FINDING_ERROR, "deaths that no handler sees, __fastfail above all, leave no dump", "LocalDumps is not set up");
    return false;
}

static bool check_count(struct doctor *doctor, const struct program *program)
{
    uint32_t own = 0, general = 1;

    if (view_number(VIEW_64, program->key, NAME_VALUE_DUMP_COUNT, &own)) {
        if (own == 0)
            bad(doctor, program, FINDING_ERROR, "no dump is written at all", "its DumpCount is 0");
        return own != 0;
    }
    if (!view_number(VIEW_64, NAME_KEY_LOCALDUMPS, NAME_VALUE_DUMP_COUNT, &general) || general != 0)
        return true;
    bad(doctor, program, FINDING_ERROR, "a program without a DumpCount of its own inherits it, and then no dump is written at all",
        "the general DumpCount is 0 and the program has none of its own");
    return false;
}

static bool check_type(struct doctor *doctor, const struct program *program)
{
    uint32_t type = NAME_DEFAULT_DUMP_TYPE;

    if (!view_number(VIEW_64, program->key, NAME_VALUE_DUMP_TYPE, &type))
        view_number(VIEW_64, NAME_KEY_LOCALDUMPS, NAME_VALUE_DUMP_TYPE, &type);
    if (type <= MAX_DUMP_TYPE)
        return true;
    bad(doctor, program, FINDING_WARNING, "Windows knows 0 (custom), 1 (mini) and 2 (full)", "its DumpType is none that Windows knows");
    return false;
}

/* Such a folder is another for each account that a program runs as. */
static bool is_per_user(const char *folder)
{
    static const char *const variables[] = {"%LOCALAPPDATA%", "%APPDATA%", "%USERPROFILE%", "%TEMP%", "%TMP%", "%USERNAME%", "%HOMEPATH%"};

    for (; *folder; folder++)
        for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
            if (text_starts_nocase(folder, variables[i]))
                return true;
    return false;
}

static bool check_folder(struct doctor *doctor, const struct program *program)
{
    char *folder = view_text(VIEW_64, program->key, NAME_VALUE_DUMP_FOLDER);
    bool ok = false;

    if (!folder)
        folder = view_text(VIEW_64, NAME_KEY_LOCALDUMPS, NAME_VALUE_DUMP_FOLDER);
    if (!folder) {
        bad(doctor, program, FINDING_ERROR, "the collector does not watch each account's own folder",
            "it has no DumpFolder, so its dumps go to " DEFAULT_LOCATION " of the account that it runs as");
    } else if (is_per_user(folder)) {
        bad(doctor, program, FINDING_ERROR, "service accounts have folders of their own, which the collector does not watch",
            "its DumpFolder is another one for each account");
    } else if (!programs_folder_is_watched(doctor, folder)) {
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "the dumps stay there and are rotated away",
                     "%s: its dumps go to %s, which the collector does not watch", program->app, folder);
        findings_remedy(&doctor->findings, "set the collector's 'dumps' to that folder, or import a .reg file with --dump-folder");
    } else {
        ok = true;
    }
    free(folder);
    return ok;
}

static void check_program(struct doctor *doctor, const char *app)
{
    struct program program = {.app = app};
    bool ok;

    snprintf(program.key, sizeof program.key, NAME_KEY_LOCALDUMPS "\\%s", app);
    if (!check_key(doctor, &program))
        return;
    ok = check_count(doctor, &program);
    ok = check_type(doctor, &program) && ok;
    ok = check_folder(doctor, &program) && ok;
    if (ok)
        findings_add(&doctor->findings, FINDING_OK, CHECK, NULL, "%s: Windows writes its dumps where the collector looks", app);
}

void check_localdumps(struct doctor *doctor)
{
    struct names programs = {0};
    enum status st = programs_find(doctor, &programs);

    if (st)
        doctor->findings.status = st;
    if (programs.count == 0) {
        findings_add(&doctor->findings, FINDING_WARNING, CHECK, "deaths that no handler sees, __fastfail above all, leave no dump",
                     "LocalDumps is set up for no program of this deployment");
        findings_remedy(&doctor->findings, MAKE_REG, "app.exe");
    }
    for (size_t i = 0; i < programs.count; i++)
        check_program(doctor, programs.items[i]);
    names_done(&programs);
}
