/* xdata_arm64.c - reads arm64's unwind data and steps through its codes. */
#include "unwind/xdata_arm64.h"
#include "base/bytes.h"

#define MAX_SCOPES 4096u /* ways out of one function */

#define LR 30u

static bool codes_read(const struct unwind_source *source, uint32_t rva, uint32_t words, struct arm64_xdata *ret)
{
    ret->size = words * 4u;
    return words * 4u <= ARM64_MAX_CODE_BYTES && words && source->read(source->context, rva, ret->codes, ret->size);
}

bool arm64_xdata_read(const struct unwind_source *source, uint32_t unwind, struct arm64_xdata *ret)
{
    uint8_t word[4];
    uint32_t header, rva = unwind, count, words;

    ret->is_unknown = false;
    if (unwind & 3) {
        bool is_known = arm64_xdata_of_packed(unwind, ret);

        ret->is_unknown = !is_known;
        return is_known;
    }
    if (rva > UINT32_MAX - 8 - 4 * MAX_SCOPES - ARM64_MAX_CODE_BYTES || !source->read(source->context, rva, word, 4))
        return false;
    header = bytes_u32(word);
    rva += 4;
    count = header >> 22 & 31;
    words = header >> 27;
    if (!count && !words) {
        if (!source->read(source->context, rva, word, 4))
            return false;
        rva += 4;
        count = bytes_u32(word) & 0xffff;
        words = bytes_u32(word) >> 16 & 0xff;
    }
    *ret = (struct arm64_xdata){.function_bytes = (header & 0x3ffff) * 4, .has_prologue = true};
    ret->is_unknown = (header >> 18 & 3) != 0;
    if (ret->is_unknown)
        return false;
    ret->has_end_epilogue = (header >> 21 & 1) != 0;
    if (ret->has_end_epilogue) {
        ret->end_epilogue = count;
        return codes_read(source, rva, words, ret);
    }
    ret->scope_rva = rva;
    ret->scope_count = count;
    return count <= MAX_SCOPES && codes_read(source, rva + 4 * count, words, ret);
}

/* How many bytes the code that starts with a byte has. */
static size_t code_bytes(uint8_t byte)
{
    if (byte < 0xc0)
        return 1;
    if (byte < 0xe0)
        return 2;
    switch (byte) {
    case 0xe0:
        return 4;
    case 0xe2:
    case 0xf8:
        return 2;
    case 0xe7:
    case 0xf9:
        return 3;
    case 0xfa:
        return 4;
    case 0xfb:
        return 5;
    default:
        return 1;
    }
}

static struct arm64_code saved(enum arm64_operation operation, enum arm64_bank bank, uint32_t first, uint32_t second, uint32_t bytes)
{
    return (struct arm64_code){operation, bank, (uint8_t)first, (uint8_t)second, bytes};
}

/* One byte. */
static bool short_read(uint8_t byte, struct arm64_code *ret)
{
    if (byte < 0x20)
        *ret = (struct arm64_code){.operation = ARM64_ALLOC, .bytes = byte * 16u};
    else if (byte < 0x40)
        *ret = saved(ARM64_PUSH, ARM64_BANK_X, 19, 20, (byte & 31) * 8u);
    else if (byte < 0x80)
        *ret = saved(ARM64_SAVE, ARM64_BANK_X, 29, LR, (byte & 63) * 8u);
    else
        *ret = saved(ARM64_PUSH, ARM64_BANK_X, 29, LR, (byte & 63) * 8u + 8);
    return true;
}

/* Two bytes: register number and offset share them. */
static bool pair_read(uint32_t word, struct arm64_code *ret)
{
    uint32_t at = (word & 63) * 8, wide = 19 + (word >> 6 & 15), narrow = 8 + (word >> 6 & 7);

    if (word < 0xc800)
        *ret = (struct arm64_code){.operation = ARM64_ALLOC, .bytes = (word & 0x7ff) * 16};
    else if (word < 0xcc00)
        *ret = saved(ARM64_SAVE, ARM64_BANK_X, wide, wide + 1, at);
    else if (word < 0xd000)
        *ret = saved(ARM64_PUSH, ARM64_BANK_X, wide, wide + 1, at + 8);
    else if (word < 0xd400)
        *ret = saved(ARM64_SAVE, ARM64_BANK_X, wide, 0, at);
    else if (word < 0xd600)
        *ret = saved(ARM64_PUSH, ARM64_BANK_X, 19 + (word >> 5 & 15), 0, (word & 31) * 8 + 8);
    else if (word < 0xd800)
        *ret = saved(ARM64_SAVE, ARM64_BANK_X, 19 + 2 * (word >> 6 & 7), LR, at);
    else if (word < 0xda00)
        *ret = saved(ARM64_SAVE, ARM64_BANK_D, narrow, narrow + 1, at);
    else if (word < 0xdc00)
        *ret = saved(ARM64_PUSH, ARM64_BANK_D, narrow, narrow + 1, at + 8);
    else if (word < 0xde00)
        *ret = saved(ARM64_SAVE, ARM64_BANK_D, narrow, 0, at);
    else if (word < 0xdf00)
        *ret = saved(ARM64_PUSH, ARM64_BANK_D, 8 + (word >> 5 & 7), 0, (word & 31) * 8 + 8);
    else
        return false; /* scalable vectors: their size is not known here */
    return ret->first <= LR && ret->second <= LR;
}

/* 0xe7: any register, alone or as a pair, at an offset or with room made for it. */
static bool any_read(const uint8_t *bytes, struct arm64_code *ret)
{
    bool is_pair = bytes[1] >> 6 & 1, is_push = bytes[1] >> 5 & 1;
    uint32_t first = bytes[1] & 31, bank = bytes[2] >> 6, unit = is_pair || is_push || bank == ARM64_BANK_Q ? 16 : 8;
    uint32_t offset = (bytes[2] & 63) * unit + (is_push ? unit : 0);

    if (bytes[1] & 0x80 || bank > ARM64_BANK_Q || first + is_pair > (bank == ARM64_BANK_X ? LR : 31))
        return false;
    *ret = saved(is_push ? ARM64_PUSH : ARM64_SAVE, (enum arm64_bank)bank, first, is_pair ? first + 1 : 0, offset);
    return true;
}

static bool long_read(const uint8_t *bytes, struct arm64_code *ret)
{
    static const struct {
        uint8_t byte;
        enum arm64_operation operation;
    } plain[] = {{0xe1, ARM64_SET_FP},        {0xe3, ARM64_NOP},     {0xe4, ARM64_END},  {0xe5, ARM64_END_CHAINED}, {0xe6, ARM64_SAVE_NEXT},
                 {0xe9, ARM64_MACHINE_FRAME}, {0xea, ARM64_CONTEXT}, {0xec, ARM64_MARK}, {0xfc, ARM64_SIGN_LR}};

    if (bytes[0] == 0xe0)
        *ret = (struct arm64_code){.operation = ARM64_ALLOC, .bytes = ((uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]) * 16};
    else if (bytes[0] == 0xe2)
        *ret = (struct arm64_code){.operation = ARM64_SET_FP, .bytes = bytes[1] * 8u};
    else if (bytes[0] == 0xe7)
        return any_read(bytes, ret);
    else {
        for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
            if (plain[i].byte == bytes[0]) {
                *ret = (struct arm64_code){.operation = plain[i].operation};
                return true;
            }
        return false;
    }
    return true;
}

bool arm64_code_next(const struct arm64_xdata *xdata, size_t *at, struct arm64_code *ret)
{
    const uint8_t *bytes;
    size_t size;

    if (*at >= xdata->size) /* epilogues name any index up to 1023 */
        return false;
    bytes = xdata->codes + *at;
    size = code_bytes(bytes[0]);
    if (size > xdata->size - *at)
        return false;
    *at += size;
    if (bytes[0] < 0xc0)
        return short_read(bytes[0], ret);
    if (bytes[0] < 0xe0)
        return pair_read((uint32_t)bytes[0] << 8 | bytes[1], ret);
    return long_read(bytes, ret);
}

static bool is_instruction(enum arm64_operation operation)
{
    return operation != ARM64_MACHINE_FRAME && operation != ARM64_CONTEXT && operation != ARM64_MARK;
}

uint32_t arm64_code_instructions(const struct arm64_xdata *xdata, size_t at)
{
    struct arm64_code code;
    uint32_t count = 0;

    while (arm64_code_next(xdata, &at, &code) && code.operation != ARM64_END && code.operation != ARM64_END_CHAINED)
        count += is_instruction(code.operation);
    return count;
}
