/* check_access.c - who may do what with our folders: ordinary users leave dumps and reports, and see nothing, since dumps hold secrets. */
#include "access.h"
#include "base/file.h"
#include "base/process.h"
#include "checks.h"
#include <string.h>

#define CHECK         "access"
#define MAX_SELF_PATH 65536
#define REMEDY        "run 'salvor-collector install' again, which sets it"

static void bad(struct doctor *doctor, enum severity severity, const char *path, const char *why, const char *what)
{
    findings_add(&doctor->findings, severity, CHECK, why, "%s: %s", path, what);
    findings_remedy(&doctor->findings, REMEDY);
}

/* Whether the folder is there and its list could be read. */
static bool read_rights(struct doctor *doctor, const char *path, DWORD *ret)
{
    struct file_info info;
    enum status st;

    if (file_stat(path, &info) != ST_OK)
        return false; /* check_folders has said so */
    st = access_read(path, ret);
    if (st) {
        findings_add(&doctor->findings, FINDING_NOTE, CHECK, NULL, "%s: who may use it cannot be read: %s", path, status_text(st));
        findings_remedy(&doctor->findings, "run doctor as an administrator");
    }
    return st == ST_OK;
}

/* Dumps and inbox: written by the account that crashed. */
static void check_drop(struct doctor *doctor, const char *path)
{
    DWORD rights;

    if (!read_rights(doctor, path, &rights))
        return;
    if (!(rights & FILE_ADD_FILE))
        bad(doctor, FINDING_ERROR, path, "Windows writes a dump as the account whose program crashed",
            "ordinary users may not create files in it");
    if (rights & FILE_LIST_DIRECTORY)
        bad(doctor, FINDING_WARNING, path, "dumps hold secrets of those whose programs crashed", "ordinary users may list it");
    if ((rights & FILE_ADD_FILE) && !(rights & FILE_LIST_DIRECTORY))
        findings_add(&doctor->findings, FINDING_OK, CHECK, NULL, "%s: users may create files and not list them", path);
}

static void check_private(struct doctor *doctor, const char *path)
{
    DWORD rights;

    if (!read_rights(doctor, path, &rights))
        return;
    if (rights & (FILE_LIST_DIRECTORY | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER))
        bad(doctor, FINDING_WARNING, path, "reports hold secrets, and only the collector may put one there",
            "ordinary users may look or write into it");
    else
        findings_add(&doctor->findings, FINDING_OK, CHECK, NULL, "%s: closed to ordinary users", path);
}

/* The service runs what stands there as SYSTEM. */
static void check_programs_folder(struct doctor *doctor)
{
    struct buffer path;
    DWORD rights;

    buffer_init(&path, MAX_SELF_PATH);
    if (process_self_path(&path) == ST_OK) {
        path.len -= strlen(path_base(buffer_text(&path)));
        path.data[path.len] = '\0';
        if (access_read(buffer_text(&path), &rights) == ST_OK && rights & (FILE_ADD_FILE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER)) {
            findings_add(&doctor->findings, FINDING_ERROR, CHECK, "the service runs them as SYSTEM",
                         "%s: ordinary users may put files beside the collector's programs", buffer_text(&path));
            findings_remedy(&doctor->findings, "move the programs to where only administrators may write, such as below C:\\Program Files");
        }
    }
    buffer_done(&path);
}

void check_access(struct doctor *doctor)
{
    if (!access_is_kept()) {
        findings_add(&doctor->findings, FINDING_NOTE, CHECK, NULL, "Wine keeps no access lists: none was looked at");
        return;
    }
    for (size_t i = 0; i < doctor->settings->dumps.count; i++)
        check_drop(doctor, doctor->settings->dumps.items[i]);
    check_drop(doctor, doctor->inbox);
    check_private(doctor, doctor->queue);
    check_programs_folder(doctor);
}
