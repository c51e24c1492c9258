/* system.h - the little that the uploader asks of the system itself. */
#ifndef SALVOR_UPLOADER_SYSTEM_H
#define SALVOR_UPLOADER_SYSTEM_H
#include "base/buffer.h"
#include "uploader/thrift.h"

/* Whether stderr is a terminal that a person looks at. */
bool system_has_terminal(void);
/* Appends the folder for temporary files. */
enum status system_temp_folder(struct buffer *out);
/* How things stand with battery and network; what the system does not tell counts as free. */
void system_thrift_facts(struct thrift_facts *ret);
void system_sleep(unsigned ms);

#endif
