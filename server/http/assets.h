/* assets.h - the web pages, built into the program (cmake/SalvorEmbed.cmake makes their table). */
#ifndef SALVOR_SERVER_HTTP_ASSETS_H
#define SALVOR_SERVER_HTTP_ASSETS_H
#include "http/http.h"

struct asset {
    const char *path; /* "/index.html" */
    const char *tag;  /* hash of the contents */
    const unsigned char *data;
    size_t size_bytes;
};

/* Made at build time; ends with a NULL path. */
extern const struct asset asset_table[];

/* Answers every GET: a file, or index.html for the addresses of pages. */
extern const struct http_service asset_service;

#endif
