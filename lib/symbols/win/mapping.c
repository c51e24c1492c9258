/* mapping.c - views of whole files. While one is mapped, Windows lets nobody replace the file; whoever wants to keeps a table of its own in
 * memory instead. */
#include "symbols/mapping.h"
#include "base/file.h"
#include "base/win/error.h"
#include <windows.h>

enum status symbols_map(struct span *ret, const char *path)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    HANDLE section = NULL;
    void *memory;
    enum status status = file_open(&file, path, FILE_MODE_READ);

    if (!status)
        status = file_info_of(&file, &info);
    if (!status && (!info.is_regular || info.size_bytes > SIZE_MAX))
        status = info.is_regular ? ST_TOO_LARGE : ST_ARGUMENT;
    if (status)
        goto out;
    *ret = (struct span){NULL, 0};
    if (!info.size_bytes)
        goto out;
    section = CreateFileMappingW((HANDLE)file.os, NULL, PAGE_READONLY, 0, 0, NULL); /* NOLINT(performance-no-int-to-ptr) */
    if (!section) {
        status = error_last();
        goto out;
    }
    memory = MapViewOfFile(section, FILE_MAP_READ, 0, 0, (SIZE_T)info.size_bytes);
    if (!memory)
        status = error_last();
    else
        *ret = (struct span){memory, (size_t)info.size_bytes};
out:
    if (section)
        CloseHandle(section);
    file_close(&file);
    return status;
}

void symbols_map_read(struct span mapping)
{
    (void)mapping; /* Windows reads ahead by itself */
}

void symbols_unmap(struct span *mapping)
{
    if (mapping->data)
        UnmapViewOfFile(mapping->data);
    *mapping = (struct span){NULL, 0};
}
