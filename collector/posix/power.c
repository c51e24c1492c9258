/* power.c - servers and build machines: nothing is known of battery or costs. */
#include "../power.h"

bool power_on_battery(void)
{
    return false;
}

bool power_is_metered(void)
{
    return false;
}
