/* last_run.c - remembers a crash beyond the process: its report's id goes into <spool_dir>\last-crash, which the next start reads and
 * removes.
 *
 * The crash path writes it with two calls on a name made here; the WER module writes the same file. */
#include "base/file.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/name.h"
#include "proto/uuid.h"
#include <stdlib.h>
#include <string.h>

static char found[UUID_TEXT_BYTES]; /* of the run before; "" = it ended well */

static void read_and_remove(const char *path)
{
    struct buffer text;
    uint8_t uuid[16];

    buffer_init(&text, 256);
    if (file_read_whole(path, 256, &text) == ST_OK && text.len >= UUID_TEXT_BYTES - 1) {
        text.data[UUID_TEXT_BYTES - 1] = 0;
        if (uuid_parse(uuid, buffer_text(&text)))
            uuid_format(found, uuid);
    }
    buffer_done(&text);
    file_remove(path);
}

/* What opens the file without the heap; our own functions know no such names, so the system makes them. */
static void prepare_file(const wchar_t *path)
{
    typedef BOOLEAN(NTAPI * name_function)(PCWSTR, UNICODE_STRING *, PWSTR *, void *);
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    name_function to_name = ntdll ? (name_function)(void (*)(void))GetProcAddress(ntdll, "RtlDosPathNameToNtPathName_U") : NULL;
    static OBJECT_ATTRIBUTES file;
    static UNICODE_STRING name;

    client.create_file = ntdll ? (nt_create_function)(void (*)(void))GetProcAddress(ntdll, "NtCreateFile") : NULL;
    if (!to_name || !client.create_file || !to_name(path, &name, NULL, NULL))
        return;
    InitializeObjectAttributes(&file, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    client.last_crash = &file;
}

void last_run_prepare(const struct settings *from)
{
    char *path = from->spool_dir ? path_joined(from->spool_dir, NAME_FILE_LAST_CRASH) : NULL;
    wchar_t *wide = NULL;

    if (path && folder_create(from->spool_dir) == ST_OK) {
        read_and_remove(path);
        wide = wide_path(path);
    }
    if (wide)
        prepare_file(wide);
    free(wide);
    free(path);
}

salvor_status SALVOR_CALL salvor_crashed_last_run(char ret_id[37])
{
    if (client.phase != CLIENT_INSTALLED || !found[0])
        return SALVOR_E_STATE;
    if (ret_id)
        memcpy(ret_id, found, sizeof found);
    return SALVOR_OK;
}
