/* service.c - what is Windows' own says so. */
#include "../command.h"

int service_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_usage("service", "is for Windows only; here let systemd run 'salvor-collector run'");
}

int install_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_usage("install", "is for Windows only; here the package's own files are all there is to install");
}

int uninstall_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_usage("uninstall", "is for Windows only; here the package's own files are all there is to remove");
}
