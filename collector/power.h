/* power.h - whether sending costs the user battery or money just now. What is not known costs nothing. */
#ifndef SALVOR_COLLECTOR_POWER_H
#define SALVOR_COLLECTOR_POWER_H
#include <stdbool.h>

bool power_on_battery(void);
bool power_is_metered(void);

#endif
