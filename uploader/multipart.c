/* multipart.c - parts in the plainest form: some servers take a quoted boundary, an escape or a charset for something else. */
#include "uploader/multipart.h"
#include "base/random.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

enum status multipart_init(struct multipart *multipart, struct sink *sink)
{
    uint8_t random[16];
    char hex[2 * sizeof random + 1];
    enum status status = random_bytes(random, sizeof random);

    if (status != ST_OK)
        return status;
    text_hex(hex, random, sizeof random);
    snprintf(multipart->boundary, sizeof multipart->boundary, "salvor-%s", hex);
    multipart->sink = sink;
    return ST_OK;
}

static enum status text_write(struct multipart *multipart, const char *text)
{
    return sink_write(multipart->sink, text, strlen(text));
}

static enum status part_begin(struct multipart *multipart, const char *name, const char *filename)
{
    char head[512];
    int size =
        snprintf(head, sizeof head, "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s%s%s\r\n\r\n", multipart->boundary, name,
                 filename ? "; filename=\"" : "", filename ? filename : "", filename ? "\"\r\nContent-Type: application/octet-stream" : "");

    if (size < 0 || (size_t)size >= sizeof head || strpbrk(name, "\"\r\n"))
        return ST_ARGUMENT;
    return sink_write(multipart->sink, head, (size_t)size);
}

enum status multipart_text(struct multipart *multipart, const char *name, const char *value, size_t size)
{
    struct buffer clean;
    enum status status;

    buffer_init(&clean, 3 * size + 1); /* a bad byte becomes three */
    status = text_clean(&clean, value, size);
    if (status == ST_OK)
        status = part_begin(multipart, name, NULL);
    if (status == ST_OK)
        status = sink_write(multipart->sink, buffer_text(&clean), clean.len);
    if (status == ST_OK)
        status = text_write(multipart, "\r\n");
    buffer_done(&clean);
    return status;
}

void multipart_filename(char ret[MULTIPART_FILENAME_BYTES], const char *path)
{
    const char *base = path_base(path);
    size_t len = strlen(base);

    if (len >= MULTIPART_FILENAME_BYTES)
        base += len - (MULTIPART_FILENAME_BYTES - 1);
    snprintf(ret, MULTIPART_FILENAME_BYTES, "%s", base);
    for (char *c = ret; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("._-", *c)))
            *c = '_';
    if (!ret[0])
        snprintf(ret, MULTIPART_FILENAME_BYTES, "file");
}

enum status multipart_file_begin(struct multipart *multipart, const char *name, const char *filename)
{
    char ascii[MULTIPART_FILENAME_BYTES];

    multipart_filename(ascii, filename);
    return part_begin(multipart, name, ascii);
}

enum status multipart_file_copy(struct multipart *multipart, struct file *file, uint64_t offset, uint64_t size_bytes)
{
    return sink_write_file(multipart->sink, file, offset, size_bytes);
}

enum status multipart_file_bytes(struct multipart *multipart, const void *bytes, size_t size)
{
    return sink_write(multipart->sink, bytes, size);
}

enum status multipart_file_end(struct multipart *multipart)
{
    return text_write(multipart, "\r\n");
}

enum status multipart_file(struct multipart *multipart, const char *name, const char *filename, struct file *file, uint64_t offset,
                           uint64_t size_bytes)
{
    enum status status = multipart_file_begin(multipart, name, filename);

    if (status == ST_OK)
        status = multipart_file_copy(multipart, file, offset, size_bytes);
    return status == ST_OK ? multipart_file_end(multipart) : status;
}

enum status multipart_end(struct multipart *multipart)
{
    char tail[MULTIPART_BOUNDARY_BYTES + 8];

    snprintf(tail, sizeof tail, "--%s--\r\n", multipart->boundary);
    return text_write(multipart, tail);
}
