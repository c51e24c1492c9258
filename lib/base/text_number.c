/* text_number.c - numbers in text; apart from text.c, since the client library reads none. */
#include "base/text.h"

/* Reads digits up to the first other character; false without a digit and on overflow. */
static bool parse_digits(const char *text, unsigned base, uint64_t *ret, const char **ret_end)
{
    uint64_t value = 0;
    const char *p = text;
    for (;; p++) {
        int digit = text_digit(*p);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (value > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *ret = value;
    *ret_end = p;
    return p != text;
}

bool text_parse_u64(const char *text, uint64_t *ret)
{
    const char *end;
    uint64_t value;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!parse_digits(hex ? text + 2 : text, hex ? 16 : 10, &value, &end) || *end)
        return false;
    *ret = value;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static bool parse_with_unit(const char *text, const struct unit *units, size_t count, uint64_t *ret)
{
    const char *end;
    uint64_t value;
    if (!parse_digits(text, 10, &value, &end))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!text_equal_nocase(end, units[i].name))
            continue;
        if (value > UINT64_MAX / units[i].factor)
            return false;
        *ret = value * units[i].factor;
        return true;
    }
    return false;
}

bool text_parse_size(const char *text, uint64_t *ret_bytes)
{
    static const struct unit units[] = {{"", 1}, {"k", 1ull << 10}, {"m", 1ull << 20}, {"g", 1ull << 30}};
    return parse_with_unit(text, units, sizeof units / sizeof units[0], ret_bytes);
}

bool text_parse_duration(const char *text, uint64_t *ret_ms)
{
    static const struct unit units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    return parse_with_unit(text, units, sizeof units / sizeof units[0], ret_ms);
}
