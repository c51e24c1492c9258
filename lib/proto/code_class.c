/* code_class.c - which exceptions end a program; apart from their names, since the crash path asks for nothing else. */
#include "proto/code.h"
#include "proto/code_list.h"
#include <stddef.h>

#define CLASSED(code, is_fatal, name) {code, is_fatal},

static const struct {
    uint32_t code;
    bool is_fatal;
} classes[] = {CODE_LIST(CLASSED)};

bool code_is_fatal_class(uint32_t code)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].code == code)
            return classes[i].is_fatal;
    }
    return false;
}
