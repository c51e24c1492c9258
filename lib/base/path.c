/* path.c - paths and file names as text; nothing here asks the system. */
#include "base/file.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define PATH_SEPARATORS "\\/"
#else
#define PATH_SEPARATORS "/"
#endif
#define PATH_MAX_BYTES  65536 /* of a joined path: Windows ends at 32767 UTF-16 units */
#define PATH_NAME_BYTES 200

enum status path_join(struct buffer *out, const char *a, const char *b)
{
    size_t before = out->len, length = strlen(a);
    enum status status = buffer_append(out, a, length);
    if (length)
        b += strspn(b, PATH_SEPARATORS);
    if (!status && length && !strchr(PATH_SEPARATORS, a[length - 1]))
        status = buffer_append(out, PATH_SEPARATORS, 1);
    if (!status)
        status = buffer_append_text(out, b);
    if (status) {
        out->len = before;
        if (out->data)
            out->data[before] = 0;
    }
    return status;
}

char *path_joined(const char *a, const char *b)
{
    struct buffer path;
    buffer_init(&path, PATH_MAX_BYTES);
    if (path_join(&path, a, b)) {
        buffer_done(&path);
        return NULL;
    }
    return buffer_take(&path);
}

const char *path_base(const char *path)
{
    const char *base = path;
    for (const char *p = path; *p; p++) {
        if (*p == '/' || *p == '\\')
            base = p + 1;
    }
    return base;
}

/* Windows takes a device's name for the device whatever extension follows it, also with spaces between ("con .txt"). */
static bool is_device(const char *name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$", "com", "lpt"};
    size_t stem = strcspn(name, ".");
    while (stem && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        size_t length = strlen(devices[i]);
        if (!text_starts_nocase(name, devices[i]))
            continue;
        if (length == stem && i < 6)
            return true;
        /* com0 to com9, and the superscript digits that Windows counts too (UTF-8 c2 b9, c2 b2, c2 b3) */
        if (i >= 6 && stem == length + 1 && name[length] >= '0' && name[length] <= '9')
            return true;
        if (i >= 6 && stem == length + 2 && name[length] == '\xc2' && strchr("\xb9\xb2\xb3", name[length + 1]))
            return true;
    }
    return false;
}

bool path_is_plain_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > PATH_NAME_BYTES || !text_is_utf8(name, length))
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)name[i] < 0x20 || name[i] == 0x7f || strchr("/\\:*?\"<>|", name[i]))
            return false;
    }
    if (strchr(". ", name[0]) || strchr(". ", name[length - 1]))
        return false;
    return !is_device(name);
}
