/* shapes.c - functions of the shapes that compilers give prologues and epilogues. */
#include "program.h"

volatile u64 sink, seed = 7;

NOINLINE u64 leaf(u64 a, u64 b)
{
    return a * 3 + b;
}

/* A leaf with a frame of its own. */
NOINLINE u64 leaf_array(u64 a)
{
    volatile u64 words[24];

    for (int i = 0; i < 24; i += 5)
        words[i] = a + (u64)i;
    return words[20] + words[0];
}

/* Needs all non-volatile registers. */
NOINLINE u64 many_registers(u64 a, u64 b)
{
    u64 v[8];

    for (int i = 0; i < 8; i++)
        v[i] = leaf(a + (u64)i, b);
    for (int i = 0; i < 2; i++) {
        u64 x = leaf(v[0], v[1]), y = leaf(v[2], v[3]), z = leaf(v[4], v[5]), w = leaf(v[6], v[7]);
        u64 p = leaf(x, y), q = leaf(z, w), r = leaf(x, w);

        v[0] = leaf(x + p, y + q);
        v[3] = leaf(z + r, w + p);
        v[5] = x + y + z + w + p + q + r;
    }
    return v[0] + v[3] + v[5];
}

/* Keeps floating-point values over calls: xmm6 and up are saved. */
NOINLINE double many_vectors(double a, double b)
{
    double x = a * 2, y = b * 3, z = a + b, w = a - b, p = a * b, q = a + 1, r = b + 1, s = a + 2, t = b + 2, u = a * 5;

    sink = leaf((u64)a, (u64)b);
    sink = leaf_array(seed);
    x += y * z;
    sink = leaf((u64)x, 1);
    return x + y + z + w + p + q + r + s + t + u;
}

/* Beyond one page: the stack is probed. */
NOINLINE u64 big_frame(u64 a)
{
    volatile char bytes[20000];

    bytes[0] = (char)a;
    bytes[19999] = (char)(a + 1);
    return leaf((u64)bytes[0], (u64)bytes[19999]);
}

/* The frame's size is known only when it runs: a frame register. */
NOINLINE u64 dynamic_frame(u64 size)
{
    volatile char *bytes = __builtin_alloca(size);
    u64 x = seed, y = seed + 1;

    bytes[0] = 1;
    bytes[size - 1] = 2;
    escape((void *)bytes);
    x = leaf(x, (u64)bytes[0]) + leaf_array(y);
    return leaf(x, y) + (u64)bytes[size - 1];
}

NOINLINE double dynamic_vectors(u64 size, double a, double b)
{
    volatile char *bytes = __builtin_alloca(size);
    double x = a * 2, y = b * 3;

    bytes[0] = 1;
    escape((void *)bytes);
    sink = leaf((u64)x, size) + leaf((u64)y, seed);
    return x + y + bytes[0];
}

NOINLINE u64 many_parameters(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h)
{
    return leaf(a, b) + leaf(c, d) + leaf(e, f) + leaf(g, h);
}

NOINLINE u64 recursion(u64 depth)
{
    if (depth == 0)
        return leaf_array(depth);
    return recursion(depth - 1) * 3 + leaf(depth, seed);
}

/* Ends with a jump to the next function, where the optimiser is on. */
NOINLINE u64 tail_end(u64 a, u64 b)
{
    return leaf(a, b) + leaf_array(a);
}
NOINLINE u64 tail_middle(u64 a, u64 b)
{
    u64 x = leaf(a, b), y = leaf(b, a);

    return tail_end(x, y);
}
NOINLINE u64 tail_start(u64 a, u64 b)
{
    sink = leaf(a, b);
    return tail_middle(b, a);
}

typedef u64 (*pair_function)(u64, u64);

NOINLINE u64 tail_indirect(pair_function *which, u64 a, u64 b)
{
    sink = leaf(a, b);
    return which[a & 1](a, b);
}

/* Several ways out, some early. */
NOINLINE u64 many_exits(u64 a)
{
    if (a == 1)
        return 5;
    sink = leaf(a, a);
    if (a == 2)
        return leaf_array(a);
    if (a == 3)
        return many_registers(a, sink) + 1;
    return tail_end(a, sink);
}

/* A jump table. */
NOINLINE u64 choice(u64 a)
{
    switch (a) {
    case 0:
        return leaf(a, 1) + 1;
    case 1:
        return leaf_array(a) + 3;
    case 2:
        return tail_start(a, 2);
    case 3:
        return big_frame(a) * 2;
    case 4:
        return leaf(a, 4) ^ 5;
    case 5:
        return tail_middle(1, a);
    default:
        return seed;
    }
}

/* Cold code that gcc moves to a place of its own. */
NOINLINE u64 mostly_one_way(u64 a)
{
    u64 x = leaf(a, 1), y = leaf(a, 2);

    if (__builtin_expect(a == 99, 0)) {
        sink = leaf_array(x);
        sink = many_registers(x, y);
        x += leaf(y, sink);
    }
    return leaf(x, y) + x;
}

/* Takes its parameters off the stack itself, where the processor has that. */
NOINLINE CALLEE_POPS u64 callee_pops(u64 a, u64 b)
{
    return leaf(a, b) + leaf_array(b);
}
NOINLINE CALLEE_POPS u64 nested_parameters(u64 a, u64 b)
{
    return callee_pops(leaf(a, callee_pops(b, seed)), leaf(callee_pops(a, b), callee_pops(callee_pops(b, a), leaf(b, a))));
}

int start(void)
{
    static pair_function const functions[] = {tail_middle, tail_end};
    pair_function local[2] = {functions[0], functions[1]};

    escape(local);
    sink = many_registers(seed, 2);
    sink = (u64)many_vectors((double)seed, 4.5);
    sink = big_frame(seed);
    for (u64 size = 16; size < 9000; size += 4000)
        sink = dynamic_frame(size + seed);
    sink = (u64)dynamic_vectors(seed * 10, (double)seed, 2.5);
    sink = many_parameters(1, 2, 3, 4, 5, 6, 7, seed);
    sink = recursion(seed);
    sink = tail_start(seed, 1);
    for (u64 i = 0; i < 6; i++)
        sink = many_exits(i) + choice(i) + tail_indirect(local, i, seed);
    sink = nested_parameters(seed, 3);
    sink = mostly_one_way(seed) + mostly_one_way(seed + 92);
    return (int)sink;
}
