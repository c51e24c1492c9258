/* modules.h - calls the runtime exception module that is registered for a crashed program, as WerFault does. */
#ifndef SALVOR_TESTS_MODULES_H
#define SALVOR_TESTS_MODULES_H
#include "localdumps.h"

/* Loads each DLL named in RuntimeExceptionHelperModules and calls its callback; true when one claimed the crash. */
bool modules_ask(const struct fault *fault);

#endif
