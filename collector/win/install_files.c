/* install_files.c - copies the programs. A file that is in use is moved aside, as Windows allows for programs that run. */
#include "install.h"
#include <stdlib.h>
#include <wchar.h>

#define COLLECTOR   L"salvor-collector.exe"
#define SUFFIX_ROOM 8
/* Users run the dumper, with their own tokens. */
#define PROGRAMS_SDDL "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200A9;;;BU)(A;OICI;0x1200A9;;;AC)"

static const struct {
    const WCHAR *name;
    bool is_needed;
} files[] = {
    {COLLECTOR, true},          {L"salvor-upload.exe", true},    {L"salvor-crash.exe", false}, /* for `doctor --crash` */
    {L"salvor-wer.dll", false}, {L"x86\\salvor-wer.dll", false}, /* for 32-bit programs, where NAME_DEFAULT_MODULE_X86 looks for it */
};

static bool exists(const WCHAR *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static DWORD put_in_place(const WCHAR *fresh, const WCHAR *target, const WCHAR *aside)
{
    DWORD error = MoveFileExW(fresh, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ? ERROR_SUCCESS : GetLastError();

    if (error != ERROR_ACCESS_DENIED && error != ERROR_SHARING_VIOLATION && error != ERROR_USER_MAPPED_FILE)
        return error;
    if (!MoveFileExW(target, aside, MOVEFILE_REPLACE_EXISTING) || !MoveFileExW(fresh, target, MOVEFILE_WRITE_THROUGH))
        return GetLastError();
    if (!DeleteFileW(aside))
        MoveFileExW(aside, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    return ERROR_SUCCESS;
}

/* Whole or not at all: the copy is made beside the target. */
static DWORD copy_file(const WCHAR *source, const WCHAR *target)
{
    size_t room = wcslen(target) + SUFFIX_ROOM;
    WCHAR *fresh = malloc(room * sizeof *fresh), *aside = malloc(room * sizeof *aside);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (fresh && aside) {
        swprintf(fresh, room, L"%ls.new", target);
        swprintf(aside, room, L"%ls.old", target);
        error = CopyFileW(source, fresh, FALSE) ? put_in_place(fresh, target, aside) : GetLastError();
        if (error)
            DeleteFileW(fresh);
    }
    free(fresh);
    free(aside);
    return error;
}

static enum status install_file(const struct install *install, const WCHAR *source, const WCHAR *target)
{
    enum status st = ST_OK;
    DWORD error = ERROR_SUCCESS;

    if (_wcsicmp(source, target) == 0) {
        install_say(install, MADE_FILE, target, "in its place already");
        return ST_OK;
    }
    st = install_parents(install, target);
    if (!st && !exists(target))
        st = install_note(install, MADE_FILE, target);
    if (!st && !install->dry_run)
        error = copy_file(source, target);
    if (error)
        return install_fail(install, "a program cannot be copied to", target, error);
    if (!st)
        install_say(install, MADE_FILE, target, "copied");
    return st;
}

static enum status install_one(const struct install *install, const WCHAR *name, bool is_needed)
{
    WCHAR *source = install_join(install->from, name), *target = install_join(install->to, name);
    enum status st = source && target ? ST_OK : ST_MEMORY;

    if (!st && exists(source))
        st = install_file(install, source, target);
    else if (!st && is_needed)
        st = install_fail(install, "there is nothing to copy: the package is not whole, it lacks", source, ERROR_FILE_NOT_FOUND);
    free(source);
    free(target);
    return st;
}

enum status install_files(struct install *install)
{
    enum status st = ST_OK;

    if (install->to && !exists(install->to))
        st = install_folder(install, MADE_FOLDER, install->to, PROGRAMS_SDDL);
    for (size_t i = 0; !st && install->to && i < sizeof files / sizeof files[0]; i++)
        st = install_one(install, files[i].name, files[i].is_needed);
    if (st)
        return st;
    install->program = install_join(install->to ? install->to : install->from, COLLECTOR);
    return install->program ? ST_OK : ST_MEMORY;
}
