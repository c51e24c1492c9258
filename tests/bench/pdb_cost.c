/* pdb_cost FILE FOLDER CACHE CODE_BYTES - compiles a PDB of a symbol folder into an empty cache folder, as salvor-stackwalk does, and looks
 * up random addresses in the table. Prints one line of JSON: time and peak memory of this process for the former, time for each of the
 * latter. Driven by bench-pdb.mjs. */
#include "symbols/identify.h"
#include "symbols/store.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define LOOKUPS  1000000u
#define CODE_RVA 0x1000u

static void must(enum status status, const char *what)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "pdb_cost: %s: %s\n", what, status_text(status));
    exit(1);
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Nanoseconds a look-up; code_bytes of code follow each other from CODE_RVA on. */
static double look_up(const struct symbol_table *table, uint32_t code_bytes, uint64_t *ret_frames)
{
    uint64_t seed = 1;
    double start = now_us();

    for (uint32_t i = 0; i < LOOKUPS; i++) {
        struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
        size_t found = 0;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (symbols_lookup(table, CODE_RVA + (uint32_t)(seed >> 32) % code_bytes, frames, SYMBOLS_MAX_FRAMES, &found) == ST_OK)
            *ret_frames += found;
    }
    return (now_us() - start) * 1e3 / LOOKUPS;
}

int main(int argc, char **argv)
{
    struct symbol_store *store = NULL;
    struct symbol_identity identity;
    struct symbol_answer answer;
    struct symbol_counts counts;
    struct rusage used;
    const char *why = "";
    uint64_t frames = 0;
    double start, ms, ns;

    if (argc != 5) {
        fprintf(stderr, "usage: pdb_cost FILE FOLDER CACHE CODE_BYTES\n");
        return 2;
    }
    must(symbol_identify(argv[1], &identity, &why), why);
    must(symbol_store_create(&store, argv[3]), "making a store");
    must(symbol_store_add(store, argv[2]), "adding the folder");
    start = now_us();
    must(symbol_store_get(store, LOCATE_PDB, identity.name, identity.id, &answer), "looking for the table");
    must(answer.status, answer.why);
    ms = (now_us() - start) / 1e3;
    getrusage(RUSAGE_SELF, &used);
    symbols_counts(answer.table, &counts);
    ns = look_up(answer.table, (uint32_t)strtoul(argv[4], NULL, 10), &frames);
    printf("{\"ms\":%.2f,\"mb\":%.2f,\"ns\":%.1f,\"frames\":%.3f,\"functions\":%" PRIu32 ",\"inlines\":%" PRIu32 ",\"places\":%" PRIu32
           ",\"table\":%" PRIu64 "}\n",
           ms, (double)used.ru_maxrss / 1024, ns, (double)frames / LOOKUPS, counts.functions, counts.inlines, counts.places, counts.bytes);
    symbol_store_free(store);
    return 0;
}
