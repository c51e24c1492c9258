/* command.h - command lines, put together for CreateProcessW and taken apart: for Windows-only files of any folder. What is returned is
 * freed with free() unless it says otherwise. */
#ifndef SALVOR_BASE_WIN_COMMAND_H
#define SALVOR_BASE_WIN_COMMAND_H
#include "base/status.h"
#include <wchar.h>

/* One command line that CommandLineToArgvW and the C runtime take apart into argv again. NULL without memory. */
wchar_t *command_line(const char *const *argv);
/* The reverse: at least the program's name, and a NULL behind the last; freed with command_free. */
enum status command_split(const wchar_t *line, int *ret_argc, char ***ret_argv);
void command_free(int argc, char **argv); /* accepts 0, NULL */
/* Our environment as a block, with the NULL-terminated "NAME=value" additions replacing entries of the same name. NULL without memory. */
wchar_t *command_environment(const char *const *additions);

#endif
