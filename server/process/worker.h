/* worker.h - the child's side of dump processing (client.h is the server's).
 *
 * Protocol: a request is one line on stdin, an absolute path. The answer on stdout is one line `<word> <bytes>` and then that many bytes:
 * `ok` with the JSON report, or the name of a status (status.h) with one sentence. End of stdin ends the child with exit code 0. */
#ifndef SALVOR_SERVER_PROCESS_WORKER_H
#define SALVOR_SERVER_PROCESS_WORKER_H

/* Puts limits on this process (address space, CPU time, files, no new programs, no core file) and serves requests until the end of
 * stdin. Returns the exit code. The sub-command PROCESS_WORKER_COMMAND of salvor-server calls nothing else. */
int process_worker_main(void);

#endif
