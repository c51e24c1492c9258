/* support_msf.h - takes a PDB apart into its streams and puts streams together again, so that tests can change one of them. */
#ifndef SALVOR_TESTS_SUPPORT_MSF_H
#define SALVOR_TESTS_SUPPORT_MSF_H
#include "base/buffer.h"
#include "base/bytes.h"

#define MSF_TEST_STREAMS 64u

struct msf_streams {
    uint32_t count;
    struct buffer streams[MSF_TEST_STREAMS];
};

/* Ends the program when bytes are no container. */
void msf_streams_take(struct msf_streams *ret, struct span bytes);
void msf_streams_done(struct msf_streams *streams);
/* Appends the container; when scattered, the blocks of each stream stand in reverse order and no two of them follow each other. */
void msf_streams_put(const struct msf_streams *streams, uint32_t block_bytes, bool is_scattered, struct buffer *out);

#endif
