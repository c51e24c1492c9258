/* worker.h - the child's side of processing hostile files: dumps and symbol files (client.h is the server's).
 *
 * Protocol: a request is one line on stdin, in which the path, an absolute one, comes last:
 *
 *   dump <bytes> [<rules>] <path>  the report as JSON; bytes is the length of the path of signature rules, 0 = the built-in ones alone
 *   table <kind> <id> <path>     the compiled table of the symbol file (lib/symbols/cache.h); kind is "sym", "pdb" or "pe"
 *   identify <path>              four lines: kind, name, id and file of its address in a symbol store
 *
 * The answer on stdout is one line `<status> <bytes>` with a status's name (status.h), and then that many bytes: for OK what is named
 * above, else one sentence. End of stdin ends the child with exit code 0. */
#ifndef SALVOR_SERVER_PROCESS_WORKER_H
#define SALVOR_SERVER_PROCESS_WORKER_H
#include <stdint.h>

#define WORKER_MAX_PATH_BYTES   8192u
#define WORKER_MAX_LINE_BYTES   (2u * WORKER_MAX_PATH_BYTES + 256u)
#define WORKER_MAX_ERROR_BYTES  1024u
#define WORKER_CPU_SECONDS      60u  /* for one dump */
#define WORKER_LONG_CPU_SECONDS 600u /* for one symbol file */
#define WORKER_MAX_HEAP_BYTES   ((uint64_t)1 << 30)
#define WORKER_LARGE_HEAP_BYTES ((uint64_t)6 << 30) /* with --large: a compilation takes at most about twice the file */
#define WORKER_MAX_TABLE_BYTES  ((uint64_t)2 << 30)
#define WORKER_MAX_MAPPED_BYTES ((uint64_t)64 << 30) /* address space: full dumps are mapped, not read */

/* Puts limits on this process (memory, CPU time, open files; no writing, network or new processes) and serves requests until the end of
 * stdin; then the process ends. Returns only the exit code of a failure to begin. The sub-command PROCESS_WORKER_COMMAND of salvor-server
 * calls nothing else, with argv[0] being its name. Arguments: --symbols DIR..., --symbols-cache DIR and --symbolizer PROGRAM for dumps,
 * --large for symbol files.
 */
int process_worker_main(int argc, char **argv);

#endif
