/* wer.c - registers salvor-wer.dll with WER and tells it where our block lies.
 *
 * WerRegisterRuntimeExceptionModule answers S_OK also when the DLL or its registry value is missing; salvor_verify looks at both. */
#include "proto/wer.h"
#include "base/file.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/name.h"
#include <stdlib.h>

typedef HRESULT(WINAPI *module_function)(PCWSTR, PVOID);

/* Read by the WER module after we are gone, through its address in this process. */
static struct wer_context context = {WER_CONTEXT_MAGIC, WER_CONTEXT_VERSION, sizeof(struct wer_context), 0, 0, 0};
static wchar_t *registered; /* NULL = not registered */

static module_function find(const char *name)
{
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    return kernel ? (module_function)(void (*)(void))GetProcAddress(kernel, name) : NULL;
}

static bool call(const char *name)
{
    module_function function = find(name);
    return function && SUCCEEDED(function(registered, &context));
}

void wer_register(const struct settings *from)
{
    char *path = NULL;

    wer_point_at(NULL, client.block);
    if (!(from->handlers & SALVOR_HANDLE_WER) || registered)
        return;
    if (!from->wer_module)
        path = beside_this_module(NAME_WER_MODULE);
    if (from->wer_module || path)
        registered = wide_from_utf8(from->wer_module ? from->wer_module : path);
    free(path);
    if (registered && !call("WerRegisterRuntimeExceptionModule")) {
        free(registered);
        registered = NULL;
    }
}

bool wer_module_found(void)
{
    return registered && GetFileAttributesW(registered) != INVALID_FILE_ATTRIBUTES;
}

bool wer_key_found(void)
{
    return registered &&
           RegGetValueW(HKEY_LOCAL_MACHINE, NAME_KEY_WER_MODULES_WIDE, registered, RRF_RT_REG_DWORD, NULL, NULL, NULL) == ERROR_SUCCESS;
}

void wer_unregister(void)
{
    if (!registered)
        return;
    call("WerUnregisterRuntimeExceptionModule");
    free(registered);
    registered = NULL;
}

void wer_point_at(HANDLE section, const struct block *block)
{
    context.section = (uint64_t)(uintptr_t)section;
    context.block = (uint64_t)(uintptr_t)block;
}
