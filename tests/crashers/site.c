/* site.c - says where and in which thread a death is about to be, so that a test can hold the report against it. */
#include "crash.h"
#include <stdio.h>
#include <windows.h>

static void say(uintptr_t begin, size_t size_bytes)
{
    printf("site begin=0x%llx end=0x%llx thread=%lu\n", (unsigned long long)begin, (unsigned long long)begin + size_bytes,
           (unsigned long)GetCurrentThreadId());
    fflush(stdout);
}

void crash_site(uintptr_t function)
{
    say(function, 512);
}

void crash_site_raised(void)
{
    HMODULE base = GetModuleHandleW(L"kernelbase.dll");
    crash_site(base ? (uintptr_t)GetProcAddress(base, "RaiseException") : 0);
}

void crash_site_program(void)
{
    const char *base = (const char *)GetModuleHandleW(NULL);
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *headers = (const void *)(base + dos->e_lfanew);
    say((uintptr_t)base, headers->OptionalHeader.SizeOfImage);
}
