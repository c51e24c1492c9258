/* machine.c - the machine's id as systemd keeps it: 32 hex digits and a line end (machine-id(5)). */
#include "base/machine.h"
#include "base/file.h"
#include "base/text.h"
#include <string.h>

enum status machine_id(uint8_t ret[16])
{
    struct buffer text;
    buffer_init(&text, 64);
    enum status status = file_read_whole("/etc/machine-id", 64, &text);
    if (!status) {
        while (text.len && strchr("\r\n ", text.data[text.len - 1]))
            text.data[--text.len] = 0;
        if (!text_unhex(ret, 16, buffer_text(&text)))
            status = ST_NOT_FOUND;
    }
    buffer_done(&text);
    return status ? ST_NOT_FOUND : ST_OK;
}
