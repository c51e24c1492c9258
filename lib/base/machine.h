/* machine.h - which machine this is. */
#ifndef SALVOR_BASE_MACHINE_H
#define SALVOR_BASE_MACHINE_H
#include "base/status.h"

/* The installation's own id: MachineGuid on Windows, /etc/machine-id on Linux. ST_NOT_FOUND when there is none or it is malformed. */
enum status machine_id(uint8_t ret[16]);

#endif
