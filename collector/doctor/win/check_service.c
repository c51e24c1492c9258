/* check_service.c - the collector: its service, or at least somebody who answers at its pipe. */
#include "base/win/wide.h"
#include "checks.h"
#include "proto/name.h"
#include "proto/pipe.h"
#include "service.h"
#include <stdlib.h>
#include <windows.h>

#define CHECK "collector"

/* Whether the pipe exists; nobody is spoken to. */
static bool has_pipe(const char *name)
{
    WCHAR *wide = wide_from_utf8(name);
    bool has = wide && (WaitNamedPipeW(wide, 1) || GetLastError() != ERROR_FILE_NOT_FOUND);

    free(wide);
    return has;
}

static void check_start(struct doctor *doctor, const struct service_facts *facts)
{
    if (facts->start_type == SERVICE_AUTO_START)
        return;
    findings_add(&doctor->findings, facts->start_type == SERVICE_DISABLED ? FINDING_ERROR : FINDING_WARNING, CHECK,
                 "after the next start of the machine nobody collects",
                 facts->start_type == SERVICE_DISABLED ? "the service is disabled" : "the service is not started with the machine");
    findings_remedy(&doctor->findings, "run 'salvor-collector install' again, or 'sc config Salvor start= auto'");
}

static void check_installed(struct doctor *doctor, const struct service_facts *facts, bool answers)
{
    check_start(doctor, facts);
    if (facts->state != SERVICE_RUNNING) {
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "programs find no collector, and dumps are not taken from their folder",
                     "the service is installed and does not run");
        findings_remedy(&doctor->findings, "run 'sc start Salvor', and look into the Windows Event Log when it ends again");
    } else if (!answers) {
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "programs find no collector",
                     "the service runs, but its pipe %s is not there", doctor->settings->pipe ? doctor->settings->pipe : PIPE_SERVICE_NAME);
        findings_remedy(&doctor->findings, "restart the service, and see what its log says about the pipe");
    } else {
        findings_add(&doctor->findings, FINDING_OK, CHECK, NULL, "the service runs and can be reached");
    }
}

void check_service(struct doctor *doctor)
{
    const char *pipe = doctor->settings->pipe ? doctor->settings->pipe : PIPE_SERVICE_NAME;
    struct service_facts facts;
    enum status st = service_facts_read(NAME_SERVICE_WIDE, &facts);
    bool answers = has_pipe(pipe);

    if (st == ST_OK) {
        check_installed(doctor, &facts, answers);
    } else if (answers) {
        findings_add(&doctor->findings, FINDING_NOTE, CHECK, "it ends with the session that it was started in",
                     "a collector serves %s, but not as a service", pipe);
        findings_remedy(&doctor->findings, "run 'salvor-collector install' as an administrator, to have it start with the machine");
    } else {
        findings_add(&doctor->findings, FINDING_ERROR, CHECK, "programs find no collector, and dumps are not taken from their folder",
                     "no collector runs and no service is installed");
        findings_remedy(&doctor->findings, "run 'salvor-collector install' as an administrator, or 'salvor-collector run'");
    }
}
