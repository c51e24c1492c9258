/* plain.h - an inline function whose lines come from another file. */
#ifndef SALVOR_TESTS_PLAIN_H
#define SALVOR_TESTS_PLAIN_H
#define NOINLINE __attribute__((noinline))

#ifdef __cplusplus
extern "C" {
#endif
extern volatile int plain_sink;
int shapes(int x);
int start(void);
int plain_sum(int count);
int plain_choose(int which, int x);
int plain_recurse(int depth);
#ifdef __cplusplus
}
#endif

static inline int header_clamp(int x)
{
    if (x > 50)
        x = 50;
    plain_sink = x;
    return x;
}

#endif
