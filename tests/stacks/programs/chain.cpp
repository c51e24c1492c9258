// chain.cpp - chain.exe KIND PIPE: installs Salvor, prints its own call chain and dies at the end of it.
#include "chain.h"
#include "salvor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MAX_LINKS 4096

struct chain_link {
    chain_kind kind;
    const char *name;
    int line;
    const void *address;
};

static chain_link links[MAX_LINKS]; // of the one thread that will die
static int link_count;

volatile int *volatile chain_nowhere = reinterpret_cast<volatile int *>(0x18);

void chain_push(chain_kind kind, const char *name, int line, const void *address)
{
    if (link_count < MAX_LINKS)
        links[link_count] = {kind, name, line, address};
    link_count++;
}

void chain_pop()
{
    link_count--;
}

void chain_entered(const void *return_address)
{
    int top = link_count - 1;

    if (top < 0 || top >= MAX_LINKS)
        return;
    while (top > 0 && links[top].kind == CHAIN_INLINE)
        top--;
    if (links[top].kind == CHAIN_CALL)
        links[top].address = return_address;
    else if (links[top].kind == CHAIN_OUT)
        chain_push(CHAIN_FOREIGN, "-", 0, return_address);
}

void chain_print()
{
    static const char *const kinds[] = {"call", "inline", "out", "foreign", "fault"};

    for (int i = 0; i < link_count && i < MAX_LINKS; i++)
        printf("chain %s %s %d %p\n", kinds[links[i].kind], links[i].name, links[i].line, links[i].address);
    printf("chain end %d\n", link_count);
    fflush(stdout);
}

// -- callbacks through system libraries --

struct visit {
    int depth;
};
static visit visits[4];

static NOINLINE void fault_at_last(int value)
{
    ENTER();
    if (value >= 0)
        FAULT("fault_at_last");
}

static int __cdecl compare(const void *left, const void *right)
{
    ENTER();
    CALL("compare", fault_at_last(static_cast<const visit *>(left)->depth + static_cast<const visit *>(right)->depth));
    return 0;
}

static NOINLINE void sort_visits()
{
    ENTER();
    CALL_OUT("sort_visits", qsort(visits, 4, sizeof(visit), compare));
}

static int __cdecl find(const void *, const void *)
{
    ENTER();
    CALL("find", sort_visits());
    return 0;
}

static NOINLINE void search_visits()
{
    ENTER();
    CALL_OUT("search_visits", bsearch(visits, visits, 4, sizeof(visit), find));
}

static BOOL CALLBACK on_locale(LPSTR)
{
    ENTER();
    CALL("on_locale", search_visits());
    return FALSE;
}

static NOINLINE void run_callbacks()
{
    ENTER();
    CALL_OUT("run_callbacks", EnumSystemLocalesA(on_locale, LCID_SUPPORTED));
}

// -- recursion, with frames of several shapes --

static NOINLINE int descend(int depth, int *sum)
{
    volatile int locals[40];

    ENTER();
    locals[depth % 40] = depth;
    if (!depth)
        FAULT("descend");
    CALL("descend", *sum += descend(depth - 1, sum));
    return *sum + locals[depth % 40];
}

static NOINLINE int descend_wide(int depth)
{
    volatile char page[9000];
    int sum = depth;

    ENTER();
    page[depth] = 1;
    page[8999] = 2;
    if (depth == 3)
        CALL("descend_wide", descend(25, &sum));
    else
        CALL("descend_wide", sum += descend_wide(depth + 1));
    return sum + page[depth];
}

static NOINLINE int descend_dynamic(int size)
{
    volatile char *bytes = static_cast<volatile char *>(__builtin_alloca(size));
    int sum = 0;

    ENTER();
    bytes[0] = 1;
    CALL("descend_dynamic", sum = descend_wide(0));
    return sum + bytes[0];
}

static NOINLINE void run_recursion()
{
    ENTER();
    CALL("run_recursion", descend_dynamic(static_cast<int>(strlen(GetCommandLineA())) + 100));
}

// -- inlined chains --

static NOINLINE void inline_end(int value)
{
    ENTER();
    if (value)
        FAULT("inline_end");
}

static MUSTINLINE void innermost(int value)
{
    CALL_INLINE("innermost", inline_end(value + 1));
}

static MUSTINLINE void middle(int value)
{
    CALL_INLINE("middle", innermost(value * 2));
}

static MUSTINLINE void outer(int value)
{
    CALL_INLINE("outer", middle(value + 3));
}

static NOINLINE void run_inlined()
{
    ENTER();
    CALL("run_inlined", outer(static_cast<int>(GetCurrentProcessId() & 7)));
}

// -- namespaces, templates, methods --

namespace shop
{
namespace
{
NOINLINE void hidden(double weight)
{
    ENTER();
    if (weight > 0)
        FAULT("shop::`anonymous namespace'::hidden");
}
} // namespace

template <typename T> class basket
{
  public:
    NOINLINE virtual void add(T value)
    {
        ENTER();
        CALL("shop::basket<T>::add", hidden(static_cast<double>(value) + total));
        total = value;
    }

  private:
    T total = 1;
};

template <typename A, typename B> NOINLINE void fill(A *place, B value)
{
    ENTER();
    CALL("shop::fill<T>", place->add(value));
}

struct price {
    NOINLINE int operator+(const price &other) const
    {
        basket<long long> place;

        ENTER();
        CALL("shop::price::operator+", (fill<basket<long long>, long long>(&place, value + other.value)));
        return value;
    }
    int value;
};
} // namespace shop

static NOINLINE void run_names()
{
    shop::price one = {1}, two = {2};

    ENTER();
    CALL("run_names", chain_nowhere += (one + two) & 0);
}

// -- a second thread --

static DWORD WINAPI thread_main(void *)
{
    int sum = 0;

    CALL("thread_main", descend(6, &sum));
    return 0;
}

static NOINLINE void run_thread()
{
    HANDLE thread = CreateThread(NULL, 0, thread_main, NULL, 0, NULL);

    WaitForSingleObject(thread, INFINITE);
}

// -- a call through a wild pointer --

static NOINLINE void run_wild()
{
    void (*volatile wild)(int) = reinterpret_cast<void (*)(int)>(0x40);

    ENTER();
    chain_push(CHAIN_OUT, "run_wild", __LINE__ + 2, 0);
    chain_print();
    wild(7);
    KEEP_FRAME();
}

static const struct {
    const char *name;
    void (*run)();
} kinds[] = {{"callbacks", run_callbacks}, {"recursion", run_recursion}, {"inlined", run_inlined},
             {"names", run_names},         {"thread", run_thread},       {"wild", run_wild}};

static bool salvor_begin(const char *pipe)
{
    salvor_options options;

    salvor_options_init(&options);
    options.pipe = pipe;
    options.dump_kind = SALVOR_DUMP_MINI;
    return salvor_install(&options) == SALVOR_OK && salvor_wait_ready(60000) == SALVOR_OK;
}

int main(int argc, char **argv)
{
    if (argc != 3 || !salvor_begin(argv[2])) {
        printf("usage: chain.exe KIND PIPE, with a monitor on the pipe\n");
        return 2;
    }
    for (const auto &kind : kinds)
        if (strcmp(kind.name, argv[1]) == 0) {
            if (kind.run == run_thread)
                run_thread();
            else
                CALL("main", kind.run());
        }
    return 3;
}
