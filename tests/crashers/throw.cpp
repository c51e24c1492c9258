// throw.cpp - a C++ exception that nobody catches.
#include "crash.h"
#include <stdexcept>

static CRASH_NOINLINE void give_up(int reason)
{
    if (reason)
        throw std::runtime_error("nobody catches this");
}

// gcc's run-time calls std::terminate, and so abort, where its own start-up code is above; below a system thread's start the exception
// reaches the unhandled filter instead.
extern "C" void crash_throw_main(void)
{
    crash_site_program();
    give_up(1);
}

extern "C" void crash_throw_thread(void)
{
    crash_site_raised();
    give_up(1);
}
