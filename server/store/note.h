/* note.h - what reaches a project without being a crash: a user's words on a report, counts of sessions. */
#ifndef SALVOR_SERVER_STORE_NOTE_H
#define SALVOR_SERVER_STORE_NOTE_H
#include "store/db.h"

struct note {
    int64_t project_id, received_ms;
    const char *id;    /* the sender's; a note counts once under it */
    const char *kind;  /* proto/record.h's KIND_* */
    const char *about; /* a comment's report, by the sender's id; "" */
    const char *app, *version;
    const char *record_json; /* the text of a JSON object */
};

/* Keeps a note; *ret_is_new false: it was there. */
enum status note_add(struct db_tx *tx, const struct note *note, bool *ret_is_new);

#endif
