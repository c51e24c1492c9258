/* upload_limits.c - the uploader talks to the network all day: it gets a token with little in it, and a job object that ends it with us and
 * lets it start nothing. One of each serves all uploaders; only the schedule's thread asks. */
#include "../platform.h"
#include "base/log.h"
#include "base/win/error.h"
#include "security.h"
#include "stop.h"
#include "token.h"

#define MAX_BYTES (512u * 1024 * 1024)

static HANDLE upload_token, upload_job;
static bool is_made;

static void make_token(void)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    bool known = platform_service() && security_service_sid(platform_service(), sid) == ST_OK;
    enum status st = token_for_upload(known ? sid : NULL, &upload_token);

    if (st)
        log_warn("uploader-own-token", "status=%s consequence=\"it runs with the collector's rights\"", status_name(st));
    else
        log_debug("uploader-token", "write_restricted=%s", known ? "yes" : "no");
}

static void make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};

    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.BasicLimitInformation.ActiveProcessLimit = 1;
    limits.ProcessMemoryLimit = MAX_BYTES;
    upload_job = CreateJobObjectW(NULL, NULL);
    if (upload_job && SetInformationJobObject(upload_job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return;
    log_warn("uploader-without-job", "error=%lu consequence=\"it may outlive the collector\"", GetLastError());
    if (upload_job)
        CloseHandle(upload_job);
    upload_job = NULL;
}

void platform_limit_upload(struct process_options *options)
{
    if (!is_made) {
        make_token();
        make_job();
        is_made = true;
    }
    options->token = (intptr_t)upload_token;
    options->job = (intptr_t)upload_job;
}
