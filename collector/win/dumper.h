/* dumper.h - the hidden sub-command that writes one dump and ends. */
#ifndef SALVOR_COLLECTOR_WIN_DUMPER_H
#define SALVOR_COLLECTOR_WIN_DUMPER_H

/* Works off the task (task.h) whose section handle value stands in text. Returns the exit code: 0, or 1 with the reason in the task. */
int dumper_main(const char *section_text);

#endif
