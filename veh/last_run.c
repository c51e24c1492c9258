/* last_run.c - remembers a crash beyond the process: its report's id goes into <spool_dir>\last-crash, which the next start reads and
 * removes.
 *
 * The crash path writes it with two calls on a name made here; the WER module writes the same file. */
#include "base/file.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/name.h"
#include "proto/uuid.h"
#include <stdlib.h>
#include <string.h>

static char found[UUID_TEXT_BYTES]; /* of the run before; "" = it ended well */

static void read_and_remove(const char *path)
{
    struct buffer text;
    uint8_t uuid[16];

    buffer_init(&text, 256);
    if (file_read_whole(path, 256, &text) == ST_OK && text.len >= UUID_TEXT_BYTES - 1) {
        text.data[UUID_TEXT_BYTES - 1] = 0;
        if (uuid_parse(uuid, buffer_text(&text)))
            uuid_format(found, uuid);
    }
    buffer_done(&text);
    file_remove(path);
}

void last_run_prepare(const struct settings *from)
{
    char *path = from->spool_dir ? path_joined(from->spool_dir, NAME_FILE_LAST_CRASH) : NULL;
    wchar_t *wide = NULL;
    static struct nt_file file;

    if (path && folder_create(from->spool_dir) == ST_OK) {
        read_and_remove(path);
        wide = wide_path(path);
    }
    if (nt_file_prepare() && nt_file_name(wide, &file))
        client.last_crash = &file.attributes;
    free(wide);
    free(path);
}

salvor_status SALVOR_CALL salvor_crashed_last_run(char ret_id[37])
{
    if (client.phase != CLIENT_INSTALLED || !found[0])
        return SALVOR_E_STATE;
    if (ret_id)
        memcpy(ret_id, found, sizeof found);
    return SALVOR_OK;
}
