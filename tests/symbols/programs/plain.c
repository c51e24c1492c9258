/* plain.c - C functions for the comparison with llvm-symbolizer: inlines in inlines, loops, a second file, a switch, recursion. */
#include "plain.h"

volatile int plain_sink;

static inline int twice(int x)
{
    return x * 2;
}

static inline int thrice_and_more(int x)
{
    int y = twice(x) + x;
    if (y > 100)
        y -= header_clamp(y);
    return y;
}

NOINLINE int plain_sum(int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += thrice_and_more(i);
        plain_sink = sum;
    }
    return sum;
}

NOINLINE int plain_choose(int which, int x)
{
    switch (which) {
    case 0:
        return thrice_and_more(x);
    case 1:
        return header_clamp(twice(x));
    case 2:
        plain_sink = x;
        return -x;
    default:
        return x;
    }
}

NOINLINE int plain_recurse(int depth)
{
    if (depth <= 0)
        return plain_sink;
    int below = plain_recurse(depth - 1);
    plain_sink = below;
    return below + twice(depth);
}

int start(void)
{
    int (*volatile choose)(int, int) = plain_choose;
    return shapes(plain_sink) + plain_sum(plain_sink) + choose(plain_sink, 3) + plain_recurse(4);
}
