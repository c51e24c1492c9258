/* version.c - who we are, and what a status means. */
#include "private.h"

uint32_t SALVOR_CALL salvor_version(void)
{
    return SALVOR_VERSION_NUMBER;
}

const char *SALVOR_CALL salvor_strstatus(salvor_status status)
{
    switch (status) {
    case SALVOR_OK:
        return "ok";
    case SALVOR_E_ARGUMENT:
        return "an argument is NULL, out of range, or of a size or flag that this version does not understand";
    case SALVOR_E_STATE:
        return "not possible now: not installed, already uninstalled, or not supported by this version";
    case SALVOR_E_ALREADY:
        return "Salvor is installed in this process already; setters go to that installation";
    case SALVOR_E_IS_MONITOR:
        return "this process was started as a monitor (--crash-monitor)";
    case SALVOR_E_NO_MONITOR:
        return "no monitor could be started or reached; the other layers still stand";
    case SALVOR_E_TIMEOUT:
        return "the time was not enough";
    case SALVOR_E_TRUNCATED:
        return "stored, but cut to the limit";
    case SALVOR_E_FULL:
        return "the table is full";
    case SALVOR_E_SYSTEM:
        return "the system refused; GetLastError() says more";
    default:
        return "not a Salvor status";
    }
}
