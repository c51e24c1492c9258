/* check_system.c - what stands between a crash and LocalDumps outside of our own settings: Windows Error Reporting itself, its policies, a
 * debugger that takes crashes, and what this session hands on to programs. */
#include "base/text.h"
#include "base/win/wide.h"
#include "checks.h"
#include "programs.h"
#include "service.h"
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define WER_KEY      "SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting"
#define WER_POLICY   "SOFTWARE\\Policies\\Microsoft\\Windows\\Windows Error Reporting"
#define AEDEBUG_KEY  "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug"
#define EXCLUSION    "\\ExcludedApplications"
#define NOT_LOCAL    "that stops reports to Microsoft; LocalDumps and our module go on"
#define SERVICE_NAME L"WerSvc"

bool system_has_wer(void)
{
    static const WCHAR file[] = L"\\WerFault.exe";
    WCHAR path[MAX_PATH + sizeof file / sizeof *file];
    UINT chars = GetSystemDirectoryW(path, MAX_PATH);

    if (chars == 0 || chars >= MAX_PATH)
        return true;
    memcpy(path + chars, file, sizeof file);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static void check_wer_service(struct doctor *doctor)
{
    struct service_facts facts;
    enum status st = service_facts_read(SERVICE_NAME, &facts);

    if (st == ST_NOT_FOUND || (st == ST_OK && facts.start_type == SERVICE_DISABLED)) {
        findings_add(&doctor->findings, FINDING_ERROR, "wer", "neither LocalDumps nor our module gets to see a crash without it",
                     "the service Windows Error Reporting (WerSvc) is %s", st ? "missing" : "disabled");
        findings_remedy(&doctor->findings, "run 'sc config WerSvc start= demand' as an administrator");
    } else if (st) {
        findings_add(&doctor->findings, FINDING_NOTE, "wer", NULL, "the service WerSvc cannot be looked at: %s", status_text(st));
    } else {
        findings_add(&doctor->findings, FINDING_OK, "wer", NULL, "Windows Error Reporting is there and not disabled");
    }
}

static void check_switches(struct doctor *doctor, const char *key, const char *excluded, const struct names *programs)
{
    uint32_t value = 0;

    if (view_number(VIEW_64, key, "Disabled", &value) && value)
        findings_add(&doctor->findings, FINDING_NOTE, "wer", NOT_LOCAL, "HKLM\\%s\\Disabled is set", key);
    for (size_t i = 0; i < programs->count; i++)
        if (view_number(VIEW_64, excluded, programs->items[i], &value) && value)
            findings_add(&doctor->findings, FINDING_NOTE, "wer", NOT_LOCAL, "%s is named in HKLM\\%s", programs->items[i], excluded);
}

void check_wer(struct doctor *doctor)
{
    struct names programs = {0};

    if (!system_has_wer()) {
        findings_add(&doctor->findings, FINDING_NOTE, "wer", "no dump of such a death can be had; the exit watcher still reports it",
                     "this system has no Windows Error Reporting: nobody sees a __fastfail");
    } else {
        check_wer_service(doctor);
    }
    if (programs_find(doctor, &programs) == ST_OK) {
        check_switches(doctor, WER_KEY, WER_KEY EXCLUSION, &programs);
        check_switches(doctor, WER_POLICY, WER_POLICY EXCLUSION, &programs);
    }
    names_done(&programs);
}

/* Whether the debugger is kept away from every program of ours. */
static bool all_excluded(const struct doctor *doctor, enum view view)
{
    struct names programs = {0};
    bool all = programs_find(doctor, &programs) == ST_OK && programs.count;
    uint32_t value = 0;

    for (size_t i = 0; all && i < programs.count; i++)
        all = view_number(view, AEDEBUG_KEY "\\AutoExclusionList", programs.items[i], &value) && value;
    names_done(&programs);
    return all;
}

static void check_debugger_in(struct doctor *doctor, enum view view)
{
    char *debugger = view_text(view, AEDEBUG_KEY, "Debugger"), *automatic = view_text(view, AEDEBUG_KEY, "Auto");

    if (debugger && *debugger && automatic && text_equal_nocase(automatic, "1") && !all_excluded(doctor, view)) {
        findings_add(&doctor->findings, FINDING_WARNING, "debugger", "it takes a crash before LocalDumps does",
                     "a debugger is started by itself for crashes of %s programs (AeDebug): %s", view == VIEW_64 ? "64-bit" : "32-bit",
                     debugger);
        findings_remedy(&doctor->findings, "set Auto to 0 in HKLM\\%s, or name the programs below its AutoExclusionList", AEDEBUG_KEY);
    }
    free(debugger);
    free(automatic);
}

void check_debugger(struct doctor *doctor)
{
    size_t before = doctor->findings.count;

    check_debugger_in(doctor, VIEW_64);
    check_debugger_in(doctor, VIEW_32);
    if (doctor->findings.count == before)
        findings_add(&doctor->findings, FINDING_OK, "debugger", NULL, "no debugger takes crashes by itself");
}

/* A program inherits both from whoever started it, so this speaks for what is started from here only. */
void check_error_mode(struct doctor *doctor)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits = {0};

    if (GetErrorMode() & SEM_NOGPFAULTERRORBOX) {
        findings_add(&doctor->findings, FINDING_NOTE, "session",
                     "programs that are started from here without the Salvor client leave no dump",
                     "this session's error mode holds SEM_NOGPFAULTERRORBOX, which silences Windows Error Reporting");
        findings_remedy(&doctor->findings, "start them from elsewhere, or let whoever set it (a build agent, a shell) not do so");
    }
    if (QueryInformationJobObject(NULL, JobObjectBasicLimitInformation, &limits, sizeof limits, NULL) &&
        limits.LimitFlags & JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION) {
        findings_add(&doctor->findings, FINDING_NOTE, "session",
                     "programs that are started from here without the Salvor client leave no dump",
                     "this session runs in a job whose programs die on an unhandled exception before Windows Error Reporting sees it");
        findings_remedy(&doctor->findings, "start them from elsewhere, or let whoever made the job not set that limit");
    }
}
