/* mapping.c - mmap of whole files. */
#include "symbols/mapping.h"
#include "base/file.h"
#include <errno.h>
#include <sys/mman.h>

enum status symbols_map(struct span *ret, const char *path)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
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
    memory = mmap(NULL, (size_t)info.size_bytes, PROT_READ, MAP_SHARED, (int)file.os, 0);
    if (memory == MAP_FAILED)
        status = status_from_errno(errno);
    else
        *ret = (struct span){memory, (size_t)info.size_bytes};
out:
    file_close(&file);
    return status;
}

void symbols_map_read(struct span mapping)
{
#ifdef MADV_POPULATE_READ
    if (mapping.data)
        (void)madvise((void *)(uintptr_t)mapping.data, mapping.len, MADV_POPULATE_READ); /* older kernels do not know it */
#else
    (void)mapping;
#endif
}

void symbols_unmap(struct span *mapping)
{
    if (mapping->data)
        munmap((void *)(uintptr_t)mapping->data, mapping->len);
    *mapping = (struct span){NULL, 0};
}
