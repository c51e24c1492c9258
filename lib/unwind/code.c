/* code.c - a process's code: the dump's own memory is what ran; where it has none, the module's file. */
#include "unwind/method.h"

#define MAX_SOURCES 4u

bool unwind_code_read(const struct unwind_process *process, uint64_t address, void *ret, size_t size)
{
    struct unwind_source source;

    if (process->read(process->context, address, ret, size))
        return true;
    for (size_t i = 0; process->source && i < MAX_SOURCES && process->source(process->context, address, i, &source); i++)
        if (address - source.base <= UINT32_MAX && source.read(source.context, (uint32_t)(address - source.base), ret, size))
            return true;
    return false;
}
