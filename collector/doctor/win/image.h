/* image.h - for which processor a program or DLL was made. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_IMAGE_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_IMAGE_H
#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>

/* IMAGE_FILE_MACHINE_* from the file's PE header; ST_FORMAT when it is no PE file. */
enum status image_machine(const char *path, uint16_t *ret);
const char *image_machine_name(uint16_t machine); /* "x64" ...; static */
bool image_is_32_bit(uint16_t machine);

#endif
