/* dwarf.h - functions and lines of images that carry DWARF (mingw's), by llvm-symbolizer where it is installed.
 *
 * The tool reads hostile bytes without many checks, so it runs two processes away: a keeper (keeper.h), which is this program started with
 * DWARF_KEEPER_COMMAND before this one gives up its rights, holds it in an empty folder without network, environment or files to write,
 * starts it anew when it dies, and ends a query that takes too long. Without the tool nothing is found. For one thread at a time. */
#ifndef SALVOR_SERVER_PROCESS_DWARF_H
#define SALVOR_SERVER_PROCESS_DWARF_H
#include "base/buffer.h"
#include "symbols/symbols.h"

#define DWARF_KEEPER_COMMAND "symbolizer-keeper"
#define DWARF_MAX_ANSWERS    65536u /* kept; more are forgotten between two dumps */

struct dwarf;

/* Finds llvm-symbolizer in PATH (also "llvm-symbolizer-19" and the like, the newest first). ST_NOT_FOUND. */
enum status dwarf_find_tool(struct buffer *out);

/* program_path: what is started as keeper; tool_path: llvm-symbolizer, NULL: looked for when it is first needed. Starts nothing yet. */
enum status dwarf_create(struct dwarf **ret, const char *program_path, const char *tool_path);
void dwarf_free(struct dwarf *dwarf); /* ends the keeper; accepts NULL */
/* Starts the keeper now; otherwise the first question does. */
enum status dwarf_start(struct dwarf *dwarf);
/* Between two dumps: forgets answers when there are too many. Frames given before are gone then. */
void dwarf_settle(struct dwarf *dwarf);

/* The functions at rva of the image file, innermost first, as symbols_lookup gives them; 0 when nothing is known. Their texts live until
 * dwarf_settle. */
size_t dwarf_functions(struct dwarf *dwarf, const char *image, uint32_t rva, struct symbol_frame *frames, size_t max);

#endif
