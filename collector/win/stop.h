/* stop.h - the order to stop, as the service manager gives it. */
#ifndef SALVOR_COLLECTOR_WIN_STOP_H
#define SALVOR_COLLECTOR_WIN_STOP_H

#include <wchar.h>

/* In place of platform_catch_stop: a service has no console. The name is borrowed. */
void platform_await_service(const wchar_t *service);
const wchar_t *platform_service(void); /* NULL in a console */
void platform_ask_stop(void);          /* platform_wait_stop returns; from any thread */

#endif
