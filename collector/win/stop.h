/* stop.h - the order to stop, as the service manager gives it. */
#ifndef SALVOR_COLLECTOR_WIN_STOP_H
#define SALVOR_COLLECTOR_WIN_STOP_H

void platform_await_service(void); /* in place of platform_catch_stop: a service has no console */
void platform_ask_stop(void);      /* platform_wait_stop returns; from any thread */

#endif
