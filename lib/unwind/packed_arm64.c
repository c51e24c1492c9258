/* packed_arm64.c - the codes that arm64's packed unwind data stands for.
 *
 * Compilers use it for functions with one prologue of this form, and an epilogue at the end that mirrors it: save x19 and on, then lr, then
 * d8 and on, store the parameters x0 to x7, allocate, save fp and lr, set fp. Codes are listed last instruction first. */
#include "unwind/xdata_arm64.h"

#define FLAG_WHOLE    1u
#define FLAG_FRAGMENT 2u

#define CR_LR_SAVED 1u /* lr is saved, no frame chain */
#define CR_SIGNED   2u /* frame chain, and lr signed by pacibsp */
#define CR_CHAINED  3u /* frame chain */

#define CODE_NOP     0xe3u
#define CODE_SET_FP  0xe1u
#define CODE_END     0xe4u
#define CODE_SIGN_LR 0xfcu

struct packed {
    uint32_t float_count, integer_count, chain, saved_bytes, local_bytes, integer_bytes, float_bytes;
    bool homes_parameters;
};

static void put(struct arm64_xdata *xdata, uint32_t code)
{
    xdata->codes[xdata->size++] = (uint8_t)code;
}

static void put2(struct arm64_xdata *xdata, uint32_t code)
{
    put(xdata, code >> 8);
    put(xdata, code);
}

static void put_alloc(struct arm64_xdata *xdata, uint32_t bytes)
{
    put2(xdata, 0xc000u | bytes / 16);
}

static void frame_put(struct arm64_xdata *xdata, const struct packed *packed)
{
    bool is_chained = packed->chain >= CR_SIGNED;

    if (is_chained)
        put(xdata, packed->local_bytes <= 512 ? 0x80u | (packed->local_bytes / 8 - 1) : 0x40u);
    if (packed->local_bytes > 4080) {
        put_alloc(xdata, packed->local_bytes - 4080);
        put_alloc(xdata, 4080);
    } else if (packed->local_bytes && (!is_chained || packed->local_bytes > 512)) {
        put_alloc(xdata, packed->local_bytes);
    }
}

/* Four stores, which an epilogue has no use for; where nothing was saved before them, the first makes the room. */
static void parameters_put(struct arm64_xdata *xdata, const struct packed *packed, bool is_epilogue)
{
    bool makes_room = !packed->integer_bytes && !packed->float_bytes;

    for (unsigned i = makes_room ? 1 : 0; i < 4 && !is_epilogue; i++)
        put(xdata, CODE_NOP);
    if (makes_room)
        put_alloc(xdata, packed->saved_bytes);
}

static void floats_put(struct arm64_xdata *xdata, const struct packed *packed)
{
    for (uint32_t i = packed->float_count; i > 0; i -= i % 2 ? 1 : 2) {
        uint32_t first = i % 2 ? i - 1 : i - 2, at = (packed->integer_bytes + 8 * first) / 8;

        if (i % 2)
            put2(xdata, 0xdc00u | first << 6 | at);
        else if (!first && !packed->integer_bytes)
            put2(xdata, 0xda00u | (packed->saved_bytes / 8 - 1));
        else
            put2(xdata, 0xd800u | first << 6 | at);
    }
}

/* lr stands behind the last integer register: alone, or as the other half of its pair. */
static void integers_put(struct arm64_xdata *xdata, const struct packed *packed)
{
    uint32_t count = packed->integer_count;
    bool has_lr = packed->chain == CR_LR_SAVED;

    if (has_lr && count % 2 == 0)
        put2(xdata, count ? 0xd000u | 11 << 6 | count : 0xd400u | 11 << 5 | (packed->saved_bytes / 8 - 1));
    if (count % 2 && has_lr)
        put2(xdata, 0xd600u | (count - 1) / 2 << 6 | (count - 1));
    else if (count % 2)
        put2(xdata, count > 1 ? 0xd000u | (count - 1) << 6 | (count - 1) : 0xd400u | (packed->saved_bytes / 8 - 1));
    for (uint32_t first = count & ~1u; first > 2; first -= 2)
        put2(xdata, 0xc800u | (first - 2) << 6 | (first - 2));
    if (count >= 2)
        put(xdata, 0x20u | packed->saved_bytes / 8);
}

static bool packed_read(uint32_t word, struct packed *ret)
{
    uint32_t frame_bytes = (word >> 23) * 16;

    ret->float_count = (word >> 13 & 7) ? (word >> 13 & 7) + 1 : 0;
    ret->integer_count = word >> 16 & 15;
    ret->homes_parameters = (word >> 20 & 1) != 0;
    ret->chain = word >> 21 & 3;
    ret->integer_bytes = 8 * ret->integer_count + (ret->chain == CR_LR_SAVED ? 8 : 0);
    ret->float_bytes = 8 * ret->float_count;
    ret->saved_bytes = (ret->integer_bytes + ret->float_bytes + (ret->homes_parameters ? 64 : 0) + 15) & ~15u;
    ret->local_bytes = frame_bytes - ret->saved_bytes;
    if (ret->integer_count > 10 || frame_bytes < ret->saved_bytes || (ret->chain >= CR_SIGNED && !ret->local_bytes))
        return false;
    return ret->chain != CR_LR_SAVED || ret->integer_count != 1; /* no code says "store x19 and lr, and make room" */
}

static void instructions_put(struct arm64_xdata *xdata, const struct packed *packed, bool is_epilogue)
{
    if (packed->chain >= CR_SIGNED && !is_epilogue)
        put(xdata, CODE_SET_FP); /* nothing takes that back */
    frame_put(xdata, packed);
    if (packed->homes_parameters)
        parameters_put(xdata, packed, is_epilogue);
    floats_put(xdata, packed);
    integers_put(xdata, packed);
    if (packed->chain == CR_SIGNED)
        put(xdata, CODE_SIGN_LR);
    put(xdata, CODE_END);
}

bool arm64_xdata_of_packed(uint32_t word, struct arm64_xdata *ret)
{
    struct packed packed;

    if (((word & 3) != FLAG_WHOLE && (word & 3) != FLAG_FRAGMENT) || !packed_read(word, &packed))
        return false;
    *ret = (struct arm64_xdata){.function_bytes = (word >> 2 & 0x7ff) * 4};
    ret->has_prologue = ret->has_end_epilogue = (word & 3) == FLAG_WHOLE;
    instructions_put(ret, &packed, false);
    ret->end_epilogue = (uint32_t)ret->size;
    instructions_put(ret, &packed, true);
    return true;
}
