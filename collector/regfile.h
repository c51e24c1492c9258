/* regfile.h - what a .reg file must say to switch collection on for some programs, and what takes exactly that away again. */
#ifndef SALVOR_COLLECTOR_REGFILE_H
#define SALVOR_COLLECTOR_REGFILE_H
#include "base/option.h"

#define REGFILE_MAX_BYTES (4u * 1024 * 1024)

struct regfile {
    struct option_list apps;                 /* program file names, such as "app.exe" */
    struct option_list modules, modules_x86; /* full paths of salvor-wer.dll for the 64-bit and the 32-bit view */
    const char *url, *key;                   /* settings of the collector; NULL = not written */
    const char *no_dump_grace;               /* settings of each program; NULL, false = not written */
    bool report_killed;
    const char *dump_folder;
    const char *dump_type; /* "mini", "full" or "custom" */
    uint64_t dump_count, custom_dump_flags;
    bool undo;
};

/* Fills in what holds unless the user says otherwise. */
void regfile_init(struct regfile *regfile);
/* Appends the file's bytes. On ST_ARGUMENT *ret_message is one sentence for the user, static. */
enum status regfile_build(const struct regfile *regfile, struct buffer *out, const char **ret_message);

#endif
