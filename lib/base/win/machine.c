/* machine.c - Windows' own installation id, made at set-up. */
#include "base/machine.h"
#include "base/registry.h"
#include "base/text.h"

enum status machine_id(uint8_t ret[16])
{
    struct buffer text, digits;
    buffer_init(&text, 256);
    buffer_init(&digits, 64);
    enum status status = registry_read_text("SOFTWARE\\Microsoft\\Cryptography", "MachineGuid", &text);
    for (size_t i = 0; i < text.len && !status; i++) {
        if (text.data[i] != '-')
            status = buffer_append_byte(&digits, text.data[i]);
    }
    if (!status && !text_unhex(ret, 16, buffer_text(&digits)))
        status = ST_NOT_FOUND;
    buffer_done(&digits);
    buffer_done(&text);
    return status ? ST_NOT_FOUND : ST_OK;
}
