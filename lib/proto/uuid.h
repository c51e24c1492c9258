/* uuid.h - name-based UUIDs (RFC 9562, version 5) and the identity of a crash. */
#ifndef SALVOR_PROTO_UUID_H
#define SALVOR_PROTO_UUID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_TEXT_BYTES 37 /* 36 characters, lower case, and a terminator */

void uuid_v5(uint8_t ret[16], const uint8_t space[16], const void *name, size_t name_bytes);
void uuid_format(char ret[UUID_TEXT_BYTES], const uint8_t uuid[16]);
/* 8-4-4-4-12 or 32 hex digits, either case, braces allowed; false on anything else. */
bool uuid_parse(uint8_t ret[16], const char *text);

/* The report id of a crash: UUIDv5 over machine id, pid and process creation in whole UTC seconds, so that every layer arrives at the same
 * id. sequence is 0 for the crash itself, 1... for salvor_dump_now and hang dumps of the same process. */
void uuid_report_id(char ret[UUID_TEXT_BYTES], const uint8_t machine_id[16], uint32_t pid, int64_t process_start_unix, uint32_t sequence);

/* Whose consent it is: a UUIDv5 over machine id, the user's SID as bytes, and the program's file name, so that the record that goes to a
 * server tells nobody who the user is. */
void uuid_consent_of(char ret[UUID_TEXT_BYTES], const uint8_t machine_id[16], const void *sid, size_t sid_bytes, const char *app);

#endif
