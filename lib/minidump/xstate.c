/* xstate.c - the extended part of an amd64 CONTEXT, where processors with a shadow stack keep its pointer.
 *
 * Behind the CONTEXT stands a CONTEXT_EX {all, legacy, xstate}, each {i32 offset from the CONTEXT_EX, u32 size}; xstate is an XSAVE area
 * without its legacy 512 bytes: {u64 mask, u64 compaction mask, 48 reserved bytes}, then the features of the latter one behind another
 * (Intel SDM volume 1, 13.4.3; XSAVE_CET_U_FORMAT of winnt.h). User shadow-stack state is saved by XSAVES only, which always compacts. */
#include "base/bytes.h"
#include "minidump/cpu.h"

#define CONTEXT_FLAGS    0x30u
#define CONTEXT_XSTATE   0x00100040u
#define CONTEXT_BYTES    0x4d0u
#define CONTEXT_EX_BYTES 24u
#define XSTATE_CHUNK     16u /* in the CONTEXT_EX */
#define HEADER_BYTES     64u
#define IS_COMPACTED     63u
#define FEATURE_CET_USER 11u
#define CET_IS_ENABLED   1u

/* Features from 2 on, up to the one wanted: AVX, bounds (two), AVX-512 (three), processor trace, protection keys, PASID. None of them is
 * aligned to more than the one before leaves it at. */
static const uint16_t feature_bytes[] = {0, 0, 256, 64, 64, 64, 512, 1024, 128, 8, 8};

static bool is_set(uint64_t mask, unsigned bit)
{
    return mask >> bit & 1;
}

bool cpu_context_shadow_stack(enum cpu cpu, const uint8_t *context, size_t size_bytes, uint64_t *ret)
{
    struct span bytes = {context, size_bytes}, header, state;
    uint64_t at = CONTEXT_BYTES, compaction, pointer;
    uint32_t flags, offset, area_bytes;

    if (cpu != CPU_AMD64 || !span_u32(bytes, CONTEXT_FLAGS, &flags) || (flags & CONTEXT_XSTATE) != CONTEXT_XSTATE ||
        !span_u32(bytes, CONTEXT_BYTES + XSTATE_CHUNK, &offset) || !span_u32(bytes, CONTEXT_BYTES + XSTATE_CHUNK + 4, &area_bytes))
        return false;
    if (offset < CONTEXT_EX_BYTES || offset > INT32_MAX || !span_sub(bytes, at + offset, area_bytes, &state) ||
        !span_sub(state, 0, HEADER_BYTES, &header))
        return false;
    compaction = bytes_u64(header.data + 8);
    if (!is_set(bytes_u64(header.data), FEATURE_CET_USER) || !is_set(compaction, FEATURE_CET_USER) || !is_set(compaction, IS_COMPACTED))
        return false;
    at = HEADER_BYTES;
    for (unsigned i = 2; i < FEATURE_CET_USER; i++)
        at += is_set(compaction, i) ? feature_bytes[i] : 0;
    if (!span_has(state, at, 16) || !(bytes_u64(state.data + at) & CET_IS_ENABLED))
        return false;
    pointer = bytes_u64(state.data + at + 8);
    if (!pointer || pointer % 8)
        return false;
    *ret = pointer;
    return true;
}
