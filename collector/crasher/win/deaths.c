/* deaths.c - one function for each row of the table in docs/deployment.md. */
#include "deaths.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define CODE_HEAP_CORRUPTION 0xc0000374u
#define CODE_CPP             0xe06d7363u /* what a C++ throw of MSVC raises */
#define FAST_FAIL_APP_EXIT   7

#if defined(_MSC_VER)
#include <intrin.h>
#endif

extern void __cdecl _purecall(void);

static void access_violation(void)
{
    volatile int *volatile nowhere = (volatile int *)(uintptr_t)0x10;
    *nowhere = 1;
}

static void illegal_instruction(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __asm__ __volatile__("ud2");
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
    __ud2();
#else
    RaiseException(EXCEPTION_ILLEGAL_INSTRUCTION, EXCEPTION_NONCONTINUABLE, 0, NULL);
#endif
}

static int average(int sum, int count)
{
    return sum / count; // NOLINT(clang-analyzer-core.DivideZero): it is what is asked for
}

static void divide_by_zero(void)
{
    static volatile int count;
    volatile int result = average(42, count);
    (void)result;
}

static volatile int endless = 1;

static int recurse(volatile char *above)
{
    volatile char frame[512];
    memset((void *)(uintptr_t)(const volatile void *)frame, above ? above[0] + 1 : 0, sizeof frame);
    return endless ? recurse(frame) + frame[1] : 0;
}

static void stack_overflow(void)
{
    recurse(NULL);
}

/* Freed twice: Windows ends the program; where the heap does not look (Wine) the same code is raised. */
static void heap_corruption(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = heap ? HeapAlloc(heap, 0, 64) : NULL;

    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    if (block) {
        HeapFree(heap, 0, block);
        HeapFree(heap, 0, block);
    }
    RaiseException(CODE_HEAP_CORRUPTION, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

static void fast_fail(void)
{
#if defined(_MSC_VER)
    __fastfail(FAST_FAIL_APP_EXIT);
#else
    __asm__ __volatile__("int $0x29" : : "c"(FAST_FAIL_APP_EXIT));
#endif
}

static void fail_fast_exception(void)
{
    RaiseFailFastException(NULL, NULL, 0);
}

/* The CRT calls its handler for the missing argument. */
static void invalid_parameter(void)
{
    FILE **volatile missing = NULL;
    fopen_s(missing, "nul", "r");
}

static void cpp_throw(void)
{
    RaiseException(CODE_CPP, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

/* Whoever started us ends us. */
static void terminated(void)
{
    Sleep(INFINITE);
}

static const struct {
    const char *kind;
    void (*die)(void);
} deaths[] = {
    {"access-violation", access_violation},
    {"illegal-instruction", illegal_instruction},
    {"divide-by-zero", divide_by_zero},
    {"stack-overflow", stack_overflow},
    {"heap-corruption", heap_corruption},
    {"fast-fail", fast_fail},
    {"fail-fast-exception", fail_fast_exception},
    {"abort", abort},
    {"invalid-parameter", invalid_parameter},
    {"pure-call", _purecall},
    {"cpp-throw", cpp_throw},
    {"terminated", terminated},
};

int deaths_known(const char *kind)
{
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        if (strcmp(deaths[i].kind, kind) == 0)
            return 1;
    return 0;
}

int deaths_die(const char *kind)
{
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        if (strcmp(deaths[i].kind, kind) == 0)
            deaths[i].die();
    return 0;
}
