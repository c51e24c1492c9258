/* command.h - what CreateProcessW wants to be told: for Windows-only files of any folder. Everything returned is freed with free(). */
#ifndef SALVOR_BASE_WIN_COMMAND_H
#define SALVOR_BASE_WIN_COMMAND_H
#include <wchar.h>

/* One command line that CommandLineToArgvW and the C runtime take apart into argv again. NULL without memory. */
wchar_t *command_line(const char *const *argv);
/* Our environment as a block, with the NULL-terminated "NAME=value" additions replacing entries of the same name. NULL without memory. */
wchar_t *command_environment(const char *const *additions);

#endif
