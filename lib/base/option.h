/* option.h - one option table per program feeds its command line, its `key = value` file, the registry on Windows and --help.
 *
 * Order, later wins: table default, HKLM\SOFTWARE\Salvor, file, command line, and last HKLM\SOFTWARE\Policies\Salvor. */
#ifndef SALVOR_BASE_OPTION_H
#define SALVOR_BASE_OPTION_H
#include "base/buffer.h"
#include <stdbool.h>

enum option_type {
    OPTION_FLAG,     /* bool *target; `--name` or `name = yes|no`; REG_DWORD */
    OPTION_NUMBER,   /* uint64_t *target; bounds apply; REG_DWORD or REG_SZ */
    OPTION_SIZE,     /* uint64_t *target in bytes: 10m */
    OPTION_DURATION, /* uint64_t *target in milliseconds: 30s */
    OPTION_TEXT,     /* const char **target; storage belongs to the set */
    OPTION_LIST      /* struct option_list *target; may be given more than once; ';'-separated in the registry */
};

struct option_list {
    const char **items;
    size_t count;
};

struct option {
    const char *name; /* "listen": --listen on the command line, `listen = ...` in a file, value `listen` in the registry */
    enum option_type type;
    void *target;
    uint64_t min, max;   /* numbers, sizes, durations; max 0 = no bound */
    const char *metavar; /* "ADDR", shown by --help */
    const char *help;    /* one line */
};

struct option_set; /* owns the text that was read */
enum status option_set_create(struct option_set **ret, const struct option *table, size_t count);
void option_set_free(struct option_set *set);
/* Reads options from argv[1..]; what is not an option goes to *ret_rest (owned by the set). `--` ends options. On an error *ret_message is
 * one sentence for the user (owned by the set). */
enum status option_parse_arguments(struct option_set *set, int argc, char **argv, struct option_list *ret_rest, const char **ret_message);
enum status option_parse_file(struct option_set *set, const char *path, const char **ret_message);
/* Reads the registry key below HKLM, such as "SOFTWARE\\Salvor"; a missing key is ST_OK. Does nothing on POSIX. */
enum status option_parse_registry(struct option_set *set, const char *key, const char **ret_message);
/* Appends the table as the options part of --help. */
enum status option_help(struct buffer *out, const struct option *table, size_t count);

#endif
