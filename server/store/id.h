/* id.h - the server's own ids: time-ordered UUIDs (RFC 9562, version 7), and random secrets. */
#ifndef SALVOR_SERVER_STORE_ID_H
#define SALVOR_SERVER_STORE_ID_H
#include "proto/uuid.h"

/* A new id; ids made by this process in one millisecond keep their order. */
void id_new(char ret[UUID_TEXT_BYTES]);

/* Reads an id as people and clients write it: any spelling of a UUID, also behind Socorro's "bp-". False: it is none. */
bool id_read(char ret[UUID_TEXT_BYTES], const char *text);

#define ID_SECRET_BYTES 33
/* 128 random bits as 32 hex digits. */
void id_secret(char ret[ID_SECRET_BYTES]);

#endif
