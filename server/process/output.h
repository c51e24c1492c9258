/* output.h - the parts of the JSON report; not for other folders. */
#ifndef SALVOR_SERVER_PROCESS_OUTPUT_H
#define SALVOR_SERVER_PROCESS_OUTPUT_H
#include "base/json.h"
#include "process/analysis.h"

/* The members of rust-minidump's layout, into an open object. */
void output_schema(struct json *json, const struct analysis *analysis);
/* The object `salvor`, as a member of an open object. */
void output_salvor(struct json *json, const struct analysis *analysis);

/* An address as a hex string, padded to the width of the dump's processor. */
void output_address(struct json *json, const struct analysis *analysis, uint64_t address);
/* An object of register names and values: the first limit of them, as far as they are known. */
void output_registers(struct json *json, const struct analysis *analysis, const struct cpu_state *registers, size_t limit);
/* "1.2.3.4", or null. */
void output_version(struct json *json, bool known, const uint16_t version[4]);

#endif
