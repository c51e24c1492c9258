/* check_running.c - programs of this deployment that run right now: what their files and packages tell beyond the registry. */
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "checks.h"
#include "image.h"
#include "programs.h"
#include "proto/name.h"
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* needs windows.h */
#include <tlhelp32.h>

#define CHECK           "running"
#define MAX_IMAGE_CHARS 32768

typedef LONG(WINAPI *package_function)(HANDLE, UINT32 *, PWSTR);

/* Programs from packages (MSIX) have one; GetPackageFullName is not in every mingw's import library. */
static bool has_package(HANDLE process)
{
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    package_function full_name = kernel ? (package_function)(void (*)(void))GetProcAddress(kernel, "GetPackageFullName") : NULL;
    UINT32 chars = 0;

    return full_name && full_name(process, &chars, NULL) == ERROR_INSUFFICIENT_BUFFER;
}

static char *image_of(HANDLE process)
{
    WCHAR *wide = malloc(MAX_IMAGE_CHARS * sizeof *wide);
    DWORD chars = MAX_IMAGE_CHARS;
    char *path = NULL;

    if (wide && QueryFullProcessImageNameW(process, 0, wide, &chars))
        path = wide_to_utf8(wide);
    free(wide);
    return path;
}

/* Those are check_modules' business. */
static bool is_beside_us(const char *program)
{
    struct buffer self;

    buffer_init(&self, MAX_IMAGE_CHARS * 3);
    bool beside = process_self_path(&self) == ST_OK;
    if (beside) {
        self.len -= strlen(path_base(buffer_text(&self)));
        self.data[self.len] = '\0';
        beside = text_starts_nocase(program, buffer_text(&self)) && strlen(program) - strlen(path_base(program)) == self.len;
    }
    buffer_done(&self);
    return beside;
}

/* The client names the module beside its program to WER; it must be registered under exactly that path. */
static void check_module_beside(struct doctor *doctor, const char *program)
{
    struct names registered = {0};
    struct file_info info;
    struct buffer module;
    uint16_t machine = 0;

    buffer_init(&module, MAX_IMAGE_CHARS * 3);
    bool has_module = !is_beside_us(program) && buffer_append(&module, program, strlen(program) - strlen(path_base(program))) == ST_OK &&
                      buffer_append_text(&module, NAME_WER_MODULE) == ST_OK && file_stat(buffer_text(&module), &info) == ST_OK &&
                      image_machine(program, &machine) == ST_OK;
    if (has_module && view_values(image_is_32_bit(machine) ? VIEW_32 : VIEW_64, NAME_KEY_WER_MODULES, &registered) == ST_OK &&
        !names_have(&registered, buffer_text(&module))) {
        findings_add(&doctor->findings, FINDING_WARNING, CHECK, "WER loads only modules whose full path is the name of a value",
                     "%s runs with %s beside it, which is not registered", program, buffer_text(&module));
        findings_remedy(&doctor->findings, "import the file that 'salvor-collector reg --%s \"%s\" ...' makes",
                        image_is_32_bit(machine) ? "module-x86" : "module", buffer_text(&module));
    }
    names_done(&registered);
    buffer_done(&module);
}

static void check_process(struct doctor *doctor, DWORD pid, const char *app)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    char *program = process ? image_of(process) : NULL;

    if (process && has_package(process)) {
        findings_add(&doctor->findings, FINDING_NOTE, CHECK,
                     "LocalDumps may pass it over; the Salvor client has WER keep its dumps in LocalState\\" NAME_PACKAGE_DUMPS
                     " of its package (WerRegisterAppLocalDump)",
                     "%s (pid %lu) is a packaged program", app, pid);
        findings_remedy(&doctor->findings,
                        "let it use the Salvor client without leaving SALVOR_HANDLE_WER out, and the collector watch that folder: "
                        "--dumps \"%%LOCALAPPDATA%%\\Packages\\<its package family>\\LocalState\\" NAME_PACKAGE_DUMPS "\", for each user");
    }
    if (program)
        check_module_beside(doctor, program);
    free(program);
    if (process)
        CloseHandle(process);
}

/* One process of each program: the others have the same file. */
static void check_snapshot(struct doctor *doctor, HANDLE snapshot, const struct names *programs)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    struct names seen = {0};

    for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
        char *app = wide_to_utf8(entry.szExeFile);
        if (app && names_have(programs, app) && !names_have(&seen, app) && names_add(&seen, app) == ST_OK)
            check_process(doctor, entry.th32ProcessID, app);
        free(app);
    }
    names_done(&seen);
}

void check_running(struct doctor *doctor)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    struct names programs = {0};

    if (snapshot == INVALID_HANDLE_VALUE)
        return;
    if (programs_find(doctor, &programs) == ST_OK)
        check_snapshot(doctor, snapshot, &programs);
    names_done(&programs);
    CloseHandle(snapshot);
}
