/* dumper.h - the hidden sub-command that writes one dump and ends. */
#ifndef SALVOR_COLLECTOR_WIN_DUMPER_H
#define SALVOR_COLLECTOR_WIN_DUMPER_H

/* Waits for the task (task.h) whose section handle value stands in text, and works it off. Returns the exit code: 0, 1 with the reason in
 * the task, 2 when there was none. */
int dumper_main(const char *section_text);

#endif
