/* bytes.h - little-endian access to bytes from elsewhere: every read is checked, no pointer is cast onto input. */
#ifndef SALVOR_BASE_BYTES_H
#define SALVOR_BASE_BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t bytes_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t bytes_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t bytes_u64(const uint8_t *p)
{
    return bytes_u32(p) | (uint64_t)bytes_u32(p + 4) << 32;
}

static inline void bytes_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void bytes_put_u32(uint8_t *p, uint32_t v)
{
    bytes_put_u16(p, (uint16_t)v);
    bytes_put_u16(p + 2, (uint16_t)(v >> 16));
}
static inline void bytes_put_u64(uint8_t *p, uint64_t v)
{
    bytes_put_u32(p, (uint32_t)v);
    bytes_put_u32(p + 4, (uint32_t)(v >> 32));
}

/* A run of bytes that somebody else owns. */
struct span {
    const uint8_t *data;
    size_t len;
};

/* Whether size bytes lie at offset; 64-bit, so that no sum can wrap. */
static inline bool span_has(struct span span, uint64_t offset, uint64_t size)
{
    return offset <= span.len && size <= span.len - offset;
}
/* Each reads at offset and says whether the bytes were there; *ret is written only then. */
static inline bool span_sub(struct span span, uint64_t offset, uint64_t size, struct span *ret)
{
    if (!span_has(span, offset, size))
        return false;
    ret->data = offset ? span.data + (size_t)offset : span.data; /* NULL + 0 is undefined */
    ret->len = (size_t)size;
    return true;
}
static inline bool span_u8(struct span span, uint64_t offset, uint8_t *ret)
{
    if (!span_has(span, offset, 1))
        return false;
    *ret = span.data[(size_t)offset];
    return true;
}
static inline bool span_u16(struct span span, uint64_t offset, uint16_t *ret)
{
    if (!span_has(span, offset, 2))
        return false;
    *ret = bytes_u16(span.data + (size_t)offset);
    return true;
}
static inline bool span_u32(struct span span, uint64_t offset, uint32_t *ret)
{
    if (!span_has(span, offset, 4))
        return false;
    *ret = bytes_u32(span.data + (size_t)offset);
    return true;
}
static inline bool span_u64(struct span span, uint64_t offset, uint64_t *ret)
{
    if (!span_has(span, offset, 8))
        return false;
    *ret = bytes_u64(span.data + (size_t)offset);
    return true;
}

#endif
