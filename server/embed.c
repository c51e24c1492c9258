/* embed.c - build tool: writes the files named on the command line as the C table asset_table (http/assets.h).
 *
 * usage: salvor-embed OUT.c FOLDER FILE... (FILE relative to FOLDER) */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_LINE 24

/* FNV-1a, 64 bits: tells versions of a file apart, nothing more. */
static uint64_t hash_step(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * 0x100000001b3ull;
}

static int write_bytes(FILE *out, const char *folder, const char *name, int index, uint64_t *ret_hash)
{
    char path[4096];
    size_t count = 0;
    int byte = 0;
    *ret_hash = 0xcbf29ce484222325ull;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        return 1;
    }
    fprintf(out, "static const unsigned char data_%d[] = {", index);
    while ((byte = fgetc(in)) != EOF) {
        fprintf(out, count++ % BYTES_PER_LINE ? "%d," : "\n%d,", byte);
        *ret_hash = hash_step(*ret_hash, (unsigned char)byte);
    }
    fprintf(out, "%s};\n", count ? "" : "0");
    int failed = ferror(in);
    fclose(in);
    return failed;
}

static int write_table(FILE *out, const char *folder, char **names, int count)
{
    uint64_t *hashes = calloc((size_t)count + 1, sizeof *hashes);
    int failed = !hashes;
    fprintf(out, "/* Made by salvor-embed. */\n#include \"http/assets.h\"\n");
    for (int i = 0; i < count && !failed; i++)
        failed = write_bytes(out, folder, names[i], i, &hashes[i]);
    fprintf(out, "const struct asset asset_table[] = {\n");
    for (int i = 0; i < count && !failed; i++)
        fprintf(out, "    {\"/%s\", \"%016" PRIx64 "\", data_%d, sizeof data_%d},\n", names[i], hashes[i], i, i);
    fprintf(out, "    {NULL, NULL, NULL, 0},\n};\n");
    free(hashes);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: salvor-embed OUT.c FOLDER FILE...\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "wb");
    if (!out) {
        perror(argv[1]);
        return 1;
    }
    int failed = write_table(out, argv[2], argv + 3, argc - 3);
    if (fclose(out) || failed) {
        fprintf(stderr, "salvor-embed: %s was not written\n", argv[1]);
        remove(argv[1]);
        return 1;
    }
    return 0;
}
