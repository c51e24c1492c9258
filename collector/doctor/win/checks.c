/* checks.c - Windows' own checks, in the order in which they are made. */
#include "checks.h"
#include "base/win/command.h"
#include "proto/name.h"
#include "service.h"
#include <stdlib.h>
#include <string.h>

#define SERVICE_COMMAND "service"

doctor_check *const system_checks[] = {check_service, check_access,   check_localdumps, check_modules, check_running,
                                       check_wer,     check_debugger, check_error_mode, NULL};

/* `salvor-collector.exe service <options> <name>`, as `install` writes it. The two words in front and the name behind are given up. */
void system_service_words(int *ret_count, char ***ret_words)
{
    WCHAR *line = service_command_line(NAME_SERVICE_WIDE);
    char **words = NULL;
    int count = 0;

    *ret_count = 0;
    *ret_words = NULL;
    if (line && command_split(line, &count, &words) == ST_OK && count > 3 && strcmp(words[1], SERVICE_COMMAND) == 0) {
        free(words[0]);
        free(words[1]);
        free(words[count - 1]);
        memmove((void *)words, (void *)(words + 2), (size_t)(count - 3) * sizeof *words);
        *ret_count = count - 3;
        *ret_words = words;
    } else {
        command_free(count, words);
    }
    free(line);
}

void system_words_free(int count, char **words)
{
    command_free(count, words);
}
