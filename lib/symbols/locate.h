/* locate.h - where a folder of symbols keeps a file, in each of the layouts that tools write. Names come from dumps: only plain ones are
 * looked for, and nothing outside the folder is ever given.
 *
 *   NAME/ID/NAME          symstore (also its two-level form NA/NAME/ID/NAME) and SSQP, which is the same in lower case
 *   NAME/ID/file.ptr      symstore's pointer, followed only inside the same folder
 *   NAME/ID/NAM_          symstore's CAB archive: found, and given to who can unpack it
 *   NAME/ID/BASE.sym      Breakpad, BASE being NAME without .pdb
 *   NAME or BASE.sym      a build's own output folder
 *
 * Names and ids are matched without regard to case.
 * https://learn.microsoft.com/windows/win32/debug/using-symstore,
 * https://github.com/dotnet/symstore/blob/main/docs/specs/SSQP_Key_Conventions.md */
#ifndef SALVOR_SYMBOLS_LOCATE_H
#define SALVOR_SYMBOLS_LOCATE_H
#include "base/buffer.h"
#include <stdbool.h>

#define LOCATE_MAX_ID_BYTES 128u

enum locate_kind { LOCATE_SYM, LOCATE_PDB, LOCATE_PE };

/* Looks at one file that may be the one wanted; true ends the search. */
typedef bool locate_visit_fn(void *context, const char *path);

struct locate_request {
    enum locate_kind kind;
    const char *name; /* PDB or image; a path's last part counts */
    const char *id;   /* debug id for .sym and PDB, code id for images */
    locate_visit_fn *visit;
    locate_visit_fn *visit_archive; /* NULL: archives are only found */
    void *context;
};

enum locate_result {
    LOCATE_NOTHING,
    LOCATE_ACCEPTED, /* visit said so */
    LOCATE_ARCHIVE,  /* only a CAB archive is there, and nobody took it */
    LOCATE_OUTSIDE,  /* only a file.ptr that points out of the folder */
    LOCATE_NO_NAME,  /* name or id is nothing that a symbol folder can hold */
};

/* Offers the files of folder that stand where the wanted one should, best layout first. */
enum locate_result locate_in(const char *folder, const struct locate_request *request);

#endif
