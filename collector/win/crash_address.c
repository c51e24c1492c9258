/* crash_address.c - see crash_address.h. The module's name comes from the process's own list: text of its choosing, which only tells one
 * of its crashes from another. */
#include "crash_address.h"
#include "base/text.h"
#include <inttypes.h>
#include <psapi.h>
#include <stdio.h>

#define NAME_BYTES 201

static bool module_name(HANDLE process, void *base, char ret[NAME_BYTES])
{
    WCHAR wide[NAME_BYTES];
    DWORD length = K32GetModuleBaseNameW(process, base, wide, NAME_BYTES);
    struct buffer name;
    bool fits = false;

    buffer_init(&name, 4 * NAME_BYTES);
    if (length && text_from_utf16le(&name, (const uint8_t *)wide, length * sizeof *wide, false) == ST_OK)
        fits = text_copy(ret, NAME_BYTES, buffer_text(&name));
    buffer_done(&name);
    return fits;
}

void crash_address_put(struct record_writer *writer, HANDLE process, uint64_t address)
{
    MEMORY_BASIC_INFORMATION region;
    char name[NAME_BYTES], text[NAME_BYTES + 32];

    if (!address || !VirtualQueryEx(process, (void *)(uintptr_t)address, &region, sizeof region) || region.Type != MEM_IMAGE ||
        !module_name(process, region.AllocationBase, name))
        return;
    snprintf(text, sizeof text, "%s+0x%" PRIx64, name, address - (uint64_t)(uintptr_t)region.AllocationBase);
    record_put(writer, RECORD_ADDRESS, text);
}
