/* note.c - see note.h. */
#include "store/note.h"

enum status note_add(struct db_tx *tx, const struct note *note, bool *ret_is_new)
{
    enum status status = db_exec(tx,
                                 "INSERT INTO note (project_id, id, kind, about, app, version, received, record)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
                                 db_int(note->project_id), db_text(note->id), db_text(note->kind), db_text(note->about), db_text(note->app),
                                 db_text(note->version), db_int(note->received_ms), db_text(note->record_json));
    if (!status)
        *ret_is_new = db_changed(tx) > 0;
    return status;
}
