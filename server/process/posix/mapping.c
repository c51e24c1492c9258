/* mapping.c - mmap of whole files. */
#include "process/mapping.h"
#include "base/status.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum status mapping_open(struct span *ret, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum status status = ST_OK;
    struct stat info;
    void *memory;

    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &info) < 0) {
        status = status_from_errno(errno);
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        status = ST_ARGUMENT;
        goto out;
    }
    if (!info.st_size) {
        *ret = (struct span){NULL, 0};
        goto out;
    }
    memory = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        status = status_from_errno(errno);
    else
        *ret = (struct span){memory, (size_t)info.st_size};
out:
    close(fd);
    return status;
}

void mapping_close(struct span *mapping)
{
    if (mapping->data)
        munmap((void *)(uintptr_t)mapping->data, mapping->len);
    *mapping = (struct span){NULL, 0};
}
