/* command.c - what all sub-commands do alike. */
#include "command.h"
#include "platform.h"
#include <stdio.h>
#include <string.h>

#define HELP_BYTES 16384

int command_usage(const char *command, const char *message)
{
    fprintf(stderr, "salvor-collector %s: %s\n", command, message);
    return EXIT_USAGE;
}

int command_print(const struct buffer *text)
{
    struct file out = platform_stdout();

    return file_write(&out, text->data, text->len) ? 1 : 0;
}

bool command_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int command_help(const char *usage, enum status (*options)(struct buffer *out))
{
    struct buffer text;
    int code = 1;

    buffer_init(&text, HELP_BYTES);
    if (buffer_append_text(&text, usage) == ST_OK && (!options || options(&text) == ST_OK))
        code = command_print(&text);
    buffer_done(&text);
    return code;
}
