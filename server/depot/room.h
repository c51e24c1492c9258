/* room.h - how much the symbols of a server hold, against their limit. Safe to use from several threads. */
#ifndef SALVOR_SERVER_DEPOT_ROOM_H
#define SALVOR_SERVER_DEPOT_ROOM_H
#include "base/buffer.h"

struct room;
/* folder: all that is below it counts, and is counted anew once a minute, since others put files in too. max_bytes 0 = no limit. */
enum status room_create(struct room **ret, const char *folder, uint64_t max_bytes);
void room_free(struct room *room); /* accepts NULL */
/* Takes room for a file of that size; ST_FULL when there is none, and out_error says so in one sentence part. */
enum status room_take(struct room *room, uint64_t size_bytes, struct buffer *out_error);

#endif
