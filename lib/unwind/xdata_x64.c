/* xdata_x64.c - reads UNWIND_INFO and steps through its codes. */
#include "unwind/xdata_x64.h"
#include "base/bytes.h"

#define FLAG_CHAINED 4u

bool xdata_read(const struct unwind_source *source, uint32_t rva, struct xdata *ret)
{
    uint8_t header[4], chain[12];
    size_t padded;

    ret->is_unknown = false;
    if (!source->read(source->context, rva, header, sizeof(header)))
        return false;
    ret->version = header[0] & 7;
    ret->is_chained = (header[0] >> 3 & FLAG_CHAINED) != 0;
    ret->prologue_bytes = header[1];
    ret->slot_count = header[2];
    ret->frame_register = header[3] & 15;
    ret->frame_offset_bytes = (header[3] >> 4) * 16u;
    padded = ret->slot_count + (ret->slot_count & 1);
    ret->is_unknown = ret->version != 1 && ret->version != 2;
    if (ret->is_unknown || rva > UINT32_MAX - 4 - 2 * XDATA_MAX_SLOTS - 16)
        return false;
    if (ret->slot_count && !source->read(source->context, rva + 4, ret->slots, 2 * ret->slot_count))
        return false;
    if (!ret->is_chained)
        return true;
    if (!source->read(source->context, rva + 4 + 2 * (uint32_t)padded, chain, sizeof(chain)))
        return false;
    ret->chain = (struct unwind_entry){bytes_u32(chain), bytes_u32(chain + 4), bytes_u32(chain + 8)};
    return true;
}

/* How many slots stand at the front for epilogues: a size, then one for each epilogue, padded to an even number. */
static size_t epilogue_slots(const struct xdata *xdata)
{
    size_t count = 0;

    if (xdata->version != 2)
        return 0;
    while (count < xdata->slot_count && (xdata->slots[2 * count + 1] & 15) == XDATA_EPILOGUE)
        count++;
    if (count % 2 && count < xdata->slot_count && !bytes_u16(xdata->slots + 2 * count))
        count++;
    return count;
}

static size_t slots_of(uint8_t operation, uint8_t info)
{
    switch (operation) {
    case XDATA_PUSH:
    case XDATA_ALLOC_SMALL:
    case XDATA_SET_FRAME:
    case XDATA_MACHINE_FRAME:
        return 1;
    case XDATA_ALLOC_LARGE:
        return info > 1 ? 0 : 2u + info;
    case XDATA_SAVE:
    case XDATA_SAVE_XMM:
    case XDATA_EPILOGUE:
        return 2;
    case XDATA_SAVE_FAR:
    case XDATA_SAVE_XMM_FAR:
    case XDATA_SPARE:
        return 3;
    default:
        return 0;
    }
}

static uint32_t value_of(const struct xdata_code *code, const uint8_t *operand)
{
    switch (code->operation) {
    case XDATA_ALLOC_SMALL:
        return code->info * 8u + 8u;
    case XDATA_ALLOC_LARGE:
        return code->info ? bytes_u32(operand) : bytes_u16(operand) * 8u;
    case XDATA_SAVE:
        return bytes_u16(operand) * 8u;
    case XDATA_SAVE_XMM:
        return bytes_u16(operand) * 16u;
    case XDATA_SAVE_FAR:
    case XDATA_SAVE_XMM_FAR:
        return bytes_u32(operand);
    default:
        return 0;
    }
}

bool xdata_next(const struct xdata *xdata, size_t *cursor, struct xdata_code *ret)
{
    const uint8_t *slot;
    size_t slots;

    if (!*cursor)
        *cursor = epilogue_slots(xdata);
    if (*cursor >= xdata->slot_count)
        return false;
    slot = xdata->slots + 2 * *cursor;
    slots = slots_of(slot[1] & 15, slot[1] >> 4);
    if (!slots || slots > xdata->slot_count - *cursor) {
        *cursor = xdata->slot_count + 1;
        return false;
    }
    *cursor += slots;
    ret->offset = slot[0];
    ret->operation = slot[1] & 15;
    ret->info = slot[1] >> 4;
    ret->value = value_of(ret, slot + 2);
    return true;
}

bool xdata_epilogue(const struct xdata *xdata, const struct unwind_entry *entry, uint32_t rva, uint32_t *ret_begin)
{
    size_t count = epilogue_slots(xdata);
    uint32_t size = count ? xdata->slots[0] : 0, length = entry->end - entry->begin;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *slot = xdata->slots + 2 * i;
        uint32_t back = slot[0] | (uint32_t)(slot[1] >> 4) << 8;

        if (!i) /* the first slot holds the size, and whether the function ends with an epilogue */
            back = slot[1] >> 4 & 1 ? size : 0;
        if (back && back <= length && rva - (entry->end - back) < size) {
            *ret_begin = entry->end - back;
            return true;
        }
    }
    return false;
}
