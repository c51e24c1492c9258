// throw.cpp - a C++ exception that nobody catches, in the main thread, or in a second one when started with the argument "thread".
//
//     x86_64-w64-mingw32-g++ throw.cpp -I<salvor>/include -L<salvor>/lib -lsalvor
#include "salvor.h"
#include <cstring>
#include <stdexcept>
#include <windows.h>

static DWORD WINAPI work(void *)
{
    salvor_log("about to throw");
    throw std::runtime_error("nobody catches this");
}

int main(int argc, char **argv)
{
    salvor_options options;

    salvor_options_init(&options);
    options.version = "1.0.0";
    salvor_install(&options);

    if (argc > 1 && std::strcmp(argv[1], "thread") == 0) {
        HANDLE thread = CreateThread(nullptr, 0, work, nullptr, 0, nullptr);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
        return 0;
    }
    return static_cast<int>(work(nullptr));
}
