/* service_name.c - letters, digits, '-', '_' and '.'. */
#include "service_name.h"
#include <string.h>

#define MAX_NAME_BYTES 80

const char *service_name_check(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(name);

    if (len == 0 || len > MAX_NAME_BYTES || strspn(name, allowed) != len)
        return "a service's name has 1 to 80 letters, digits, '-', '_' and '.'";
    return NULL;
}
