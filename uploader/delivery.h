/* delivery.h - one report's way to the server: packed, sent, and sent once more in its smaller flavour where it was too large. */
#ifndef SALVOR_UPLOADER_DELIVERY_H
#define SALVOR_UPLOADER_DELIVERY_H
#include "uploader/errand.h"
#include "uploader/post.h"

struct delivery {
    const struct post *post;
    const struct request_options *options;
    const char *folder; /* for packed requests; gone afterwards */
    /* Told before each request goes out (SPOOL_EVENT_SENDING) and before the smaller flavour is made ("smaller"); may be NULL. When it
     * fails to keep the first of these nothing is sent: whoever counts a report must be able to know that it may have arrived. */
    enum status (*event)(void *context, const char *event, const char *detail);
    void *event_context;
    bool holds_uncertain; /* a report that may have arrived is not sent again where a repeat would count twice */
};

struct parcel;
/* Readies a report; delivery, source and packer must outlive the parcel. packer: while another report is on its way, this one is packed by
 * it, unless it is so large that two packed ones would fill a disk; NULL: it is packed when it is sent. Errors: ST_MEMORY. */
enum status parcel_create(struct parcel **ret, const struct delivery *delivery, const struct source *source, struct errand *packer);
void parcel_free(struct parcel *parcel); /* waits for the packer; accepts NULL */
/* Sends it. A failure of our own side (memory, disk) is not a verdict: nothing may have been tried then. */
enum status parcel_send(struct parcel *parcel, struct verdict *ret);

/* Whether the server may have this report and would count the next one as another. */
bool delivery_is_uncertain(const struct delivery *delivery, const struct verdict *verdict);

#endif
