/* image.c - see image.h. https://learn.microsoft.com/windows/win32/debug/pe-format */
#include "image.h"
#include "base/bytes.h"
#include "base/file.h"
#include <string.h>
#include <windows.h>

#define DOS_HEADER_BYTES 64
#define PE_OFFSET        60
#define MAX_PE_OFFSET    0x10000000u

static enum status read_machine(struct file *file, uint16_t *ret)
{
    uint8_t dos[DOS_HEADER_BYTES], head[6];
    uint32_t at;
    enum status st = file_read_at(file, 0, dos, sizeof dos);

    if (st)
        return st == ST_TRUNCATED ? ST_FORMAT : st;
    at = bytes_u32(dos + PE_OFFSET);
    if (memcmp(dos, "MZ", 2) != 0 || at > MAX_PE_OFFSET)
        return ST_FORMAT;
    st = file_read_at(file, at, head, sizeof head);
    if (st)
        return st == ST_TRUNCATED ? ST_FORMAT : st;
    if (memcmp(head, "PE\0\0", 4) != 0)
        return ST_FORMAT;
    *ret = bytes_u16(head + 4);
    return ST_OK;
}

enum status image_machine(const char *path, uint16_t *ret)
{
    struct file file = {FILE_CLOSED};
    enum status st = file_open(&file, path, FILE_MODE_READ);

    if (!st)
        st = read_machine(&file, ret);
    file_close(&file);
    return st;
}

const char *image_machine_name(uint16_t machine)
{
    switch (machine) {
    case IMAGE_FILE_MACHINE_AMD64:
        return "x64";
    case IMAGE_FILE_MACHINE_I386:
        return "x86";
    case IMAGE_FILE_MACHINE_ARM64:
        return "arm64";
    default:
        return "another processor";
    }
}

bool image_is_32_bit(uint16_t machine)
{
    return machine == IMAGE_FILE_MACHINE_I386;
}
