/* keeper.h - the process that keeps llvm-symbolizer: asks it, answers, and starts it anew.
 *
 * A request on stdin is one line `<rva in hex> <path>`; the answer on stdout is `<bytes>\n` and that many bytes of what the tool says in
 * its verbose form, none when it died, said too much, or took too long. End of stdin ends both. */
#ifndef SALVOR_SERVER_PROCESS_KEEPER_H
#define SALVOR_SERVER_PROCESS_KEEPER_H

#include <stdint.h>

#define KEEPER_MAX_ANSWER_BYTES 262144u
#define KEEPER_MAX_LINE_BYTES   8448u
#define KEEPER_TIMEOUT_MS       10000u
#define KEEPER_MAX_DEATHS       32u /* of the tool; then nothing is asked any more */
#define KEEPER_MAX_HEAP_BYTES   ((uint64_t)4 << 30)

/* argv[1] is the tool's path, and argv[0] DWARF_KEEPER_COMMAND of this program; it calls itself once more, with "--tool", to become the
 * tool. Returns the exit code. */
int process_keeper_main(int argc, char **argv);

#endif
