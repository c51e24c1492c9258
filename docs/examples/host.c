/* host.c - a program that does not know Salvor and loads a DLL that does (plugin.c). Its crash is reported all the same. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(void)
{
    HMODULE plugin = LoadLibraryExW(L"example-plugin.dll", NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    FARPROC found = plugin ? GetProcAddress(plugin, "plugin_work") : NULL;
    void (*work)(int *) = NULL;

    if (!found) {
        fprintf(stderr, "example-plugin.dll could not be loaded\n");
        return 1;
    }
    memcpy(&work, &found, sizeof work);
    work(NULL);
    return 0;
}
