/* worker.h - the child's side of dump processing (client.h is the server's).
 *
 * Protocol: a request is one line on stdin, an absolute path. The answer on stdout is one line `<status> <bytes>` with a status's name
 * (status.h), and then that many bytes: for OK the report as JSON, else one sentence. End of stdin ends the child with exit code 0. */
#ifndef SALVOR_SERVER_PROCESS_WORKER_H
#define SALVOR_SERVER_PROCESS_WORKER_H

#define WORKER_MAX_PATH_BYTES   8192u
#define WORKER_MAX_ERROR_BYTES  1024u
#define WORKER_CPU_SECONDS      60u /* for one dump */
#define WORKER_MAX_HEAP_BYTES   ((uint64_t)1 << 30)
#define WORKER_MAX_MAPPED_BYTES ((uint64_t)64 << 30) /* address space: full dumps are mapped, not read */

/* Puts limits on this process (memory, CPU time, open files; no writing, network or new processes) and serves requests until the end of
 * stdin; then the process ends. Returns only the exit code of a failure to begin. The sub-command PROCESS_WORKER_COMMAND of salvor-server
 * calls nothing else. */
int process_worker_main(void);

#endif
