/* install_cost.c - what salvor_install takes of its caller's time, in microseconds; bench-client.mjs builds it twice, WITH the client and
 * without, and compares the sizes too. */
#include <stdio.h>
#include <windows.h>
#ifdef WITH
#include "salvor.h"
#endif

int main(void)
{
    LARGE_INTEGER begin, end, rate;

    QueryPerformanceFrequency(&rate);
    QueryPerformanceCounter(&begin);
#ifdef WITH
    salvor_options options;
    salvor_options_init(&options);
    options.pipe = "\\\\.\\pipe\\salvor-bench-nobody";
    salvor_install(&options);
#endif
    QueryPerformanceCounter(&end);
    printf("%ld\n", (long)((end.QuadPart - begin.QuadPart) * 1000000 / rate.QuadPart));
    return 0;
}
