/* data.c - the tables behind the setters: annotations, breadcrumbs, attachments, extra memory and streams.
 *
 * They lie in a static block until a monitor gives us its section, then in the section; one lock serialises writers and that change. The
 * reader is another process, or the crash path, so annotations carry a sequence count that is odd while one is being written. */
#include "base/text.h"
#include "peer.h"
#include "private.h"

static_assert(SALVOR_MAX_ANNOTATIONS == BLOCK_MAX_ANNOTATIONS, "salvor.h and the block agree");
static_assert(SALVOR_MAX_KEY == BLOCK_MAX_KEY, "salvor.h and the block agree");
static_assert(SALVOR_MAX_VALUE == BLOCK_MAX_VALUE, "salvor.h and the block agree");
static_assert(SALVOR_MAX_ATTACHMENTS == BLOCK_MAX_ATTACHMENTS, "salvor.h and the block agree");
static_assert(SALVOR_MAX_MEMORY_RANGES == BLOCK_MAX_MEMORY_RANGES, "salvor.h and the block agree");
static_assert(SALVOR_MAX_STREAMS == BLOCK_MAX_STREAMS, "salvor.h and the block agree");
static_assert(SALVOR_LOG_BYTES == BLOCK_LOG_BYTES, "salvor.h and the block agree");

struct block client_local_block;
static SRWLOCK lock = SRWLOCK_INIT;

/* The block to write to, locked; NULL after uninstall. Works before install: then it is the static block. */
static struct block *lock_block(void)
{
    AcquireSRWLockExclusive(&lock);
    if (client.phase == CLIENT_UNINSTALLED) {
        ReleaseSRWLockExclusive(&lock);
        return NULL;
    }
    return client.block ? client.block : &client_local_block;
}

static salvor_status unlock_block(salvor_status status)
{
    ReleaseSRWLockExclusive(&lock);
    return status;
}

static void copy_name(char *ret, size_t size, const char *text)
{
    if (text)
        text_copy(ret, size, text);
}

void data_init(const struct settings *from)
{
    struct block *block = &client_local_block;
    FILETIME created = {0}, unused;

    GetProcessTimes(GetCurrentProcess(), &created, &unused, &unused, &unused);
    block->magic = BLOCK_MAGIC;
    block->version = BLOCK_VERSION;
    block->size_bytes = sizeof *block;
    block->pointer_bits = sizeof(void *) * 8;
    block->pid = GetCurrentProcessId();
    block->start_filetime = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    block->flags = from->flags;
    block->handlers = from->handlers;
    block->dump_kind = from->dump_kind;
    block->after_dump = from->after_dump;
    block->max_dump_bytes = from->max_dump_bytes;
    block->hang_timeout_ms = from->hang_timeout_ms;
    copy_name(block->app, sizeof block->app, from->app);
    copy_name(block->app_version, sizeof block->app_version, from->version);
    copy_name(block->environment, sizeof block->environment, from->environment);
    copy_name(block->channel, sizeof block->channel, from->channel);
    copy_name(block->spool_dir, sizeof block->spool_dir, from->spool_dir);
    copy_name(block->url, sizeof block->url, from->url);
    copy_name(block->key, sizeof block->key, from->key);
    client.block = block;
}

/* Everything but the monitor's own words: state, progress and result start afresh, and its inbox stays what it said. Its policy stays the
 * last that was heard: a monitor that has gone has not changed its mind. */
static void carry_over(struct block *to, const struct block *from)
{
    uint64_t most_bytes = to->most_dump_bytes;
    uint32_t most_kind = to->most_dump_kind;
    char inbox[BLOCK_MAX_PATH];

    memcpy(inbox, to->inbox, sizeof inbox);
    if (to == &client_local_block) {
        most_bytes = from->most_dump_bytes;
        most_kind = from->most_dump_kind;
    }
    memcpy(to, from, sizeof *to);
    to->most_dump_bytes = most_bytes;
    to->most_dump_kind = most_kind;
    memcpy(to->inbox, inbox, sizeof inbox);
    to->state = BLOCK_IDLE;
    to->progress = 0;
    to->result = 0;
}

void data_attach(struct block *section)
{
    AcquireSRWLockExclusive(&lock);
    carry_over(section, client.block);
    client.block = section;
    ReleaseSRWLockExclusive(&lock);
}

void data_detach(void)
{
    AcquireSRWLockExclusive(&lock);
    if (client.block && client.block != &client_local_block) {
        carry_over(&client_local_block, client.block);
        client.block = &client_local_block;
    }
    ReleaseSRWLockExclusive(&lock);
}

void data_clean_exit(void)
{
    struct block *block = client.block; /* no lock: may run under the loader lock with every other thread gone */
    if (block)
        block->clean_exit = 1;
}

static struct block_annotation *find_annotation(struct block *block, const char *key, size_t key_bytes, struct block_annotation **ret_free)
{
    size_t i;
    *ret_free = NULL;
    for (i = 0; i < BLOCK_MAX_ANNOTATIONS; i++) {
        struct block_annotation *entry = &block->annotations[i];
        if (entry->key_bytes == key_bytes && memcmp(entry->key, key, key_bytes) == 0)
            return entry;
        if (!entry->key_bytes && !*ret_free)
            *ret_free = entry;
    }
    return NULL;
}

static void write_annotation(struct block_annotation *entry, const char *key, size_t key_bytes, const char *value, size_t value_bytes)
{
    InterlockedIncrement((volatile LONG *)&entry->sequence);
    memcpy(entry->key, key, key_bytes);
    memcpy(entry->value, value, value_bytes);
    entry->key_bytes = (uint16_t)key_bytes;
    entry->value_bytes = (uint16_t)value_bytes;
    InterlockedIncrement((volatile LONG *)&entry->sequence);
}

salvor_status SALVOR_CALL salvor_set_annotation(const char *key, const char *value)
{
    const struct peer_table *peer = peer_current();
    struct block_annotation *entry, *unused;
    struct block *block;
    size_t key_bytes, value_bytes, kept;

    if (peer)
        return peer->set_annotation(key, value);
    key_bytes = key ? strlen(key) : 0;
    if (!key_bytes || key_bytes > BLOCK_MAX_KEY)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    entry = find_annotation(block, key, key_bytes, &unused);
    if (!value) {
        if (entry)
            write_annotation(entry, key, 0, "", 0);
        return unlock_block(SALVOR_OK);
    }
    if (!entry && !unused)
        return unlock_block(SALVOR_E_FULL);
    value_bytes = strlen(value);
    kept = text_cut(value, value_bytes, BLOCK_MAX_VALUE);
    write_annotation(entry ? entry : unused, key, key_bytes, value, kept);
    return unlock_block(kept < value_bytes ? SALVOR_E_TRUNCATED : SALVOR_OK);
}

static void append_to_ring(struct block *block, const char *bytes, size_t size)
{
    size_t at = (size_t)(block->log_written % BLOCK_LOG_BYTES);
    size_t first = size < BLOCK_LOG_BYTES - at ? size : BLOCK_LOG_BYTES - at;
    memcpy(block->log + at, bytes, first);
    memcpy(block->log, bytes + first, size - first);
    block->log_written += size;
}

salvor_status SALVOR_CALL salvor_log(const char *line)
{
    const struct peer_table *peer = peer_current();
    struct block *block;
    size_t size, kept;

    if (peer)
        return peer->log(line);
    if (!line)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    size = strlen(line);
    kept = text_cut(line, size, BLOCK_LOG_BYTES - 2); /* its own end, and the end of the line before, which says that it is whole */
    append_to_ring(block, line, kept);
    append_to_ring(block, "\n", 1);
    return unlock_block(kept < size ? SALVOR_E_TRUNCATED : SALVOR_OK);
}

salvor_status SALVOR_CALL salvor_add_attachment(const char *path)
{
    const struct peer_table *peer = peer_current();
    struct block *block;
    size_t i, unused = BLOCK_MAX_ATTACHMENTS;

    if (peer)
        return peer->add_attachment(path);
    if (!path || !*path || strlen(path) >= BLOCK_MAX_PATH)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    for (i = 0; i < BLOCK_MAX_ATTACHMENTS; i++) {
        if (strcmp(block->attachments[i], path) == 0)
            return unlock_block(SALVOR_OK);
        if (!block->attachments[i][0] && unused == BLOCK_MAX_ATTACHMENTS)
            unused = i;
    }
    if (unused == BLOCK_MAX_ATTACHMENTS)
        return unlock_block(SALVOR_E_FULL);
    text_copy(block->attachments[unused], BLOCK_MAX_PATH, path);
    return unlock_block(SALVOR_OK);
}

salvor_status SALVOR_CALL salvor_remove_attachment(const char *path)
{
    const struct peer_table *peer = peer_current();
    struct block *block;
    size_t i;

    if (peer)
        return peer->remove_attachment(path);
    if (!path || !*path)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    for (i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        if (strcmp(block->attachments[i], path) == 0)
            block->attachments[i][0] = 0;
    return unlock_block(SALVOR_OK);
}

salvor_status SALVOR_CALL salvor_add_memory(const void *address, size_t size_bytes)
{
    const struct peer_table *peer = peer_current();
    uint64_t at = (uint64_t)(uintptr_t)address;
    struct block *block;
    size_t i, unused = BLOCK_MAX_MEMORY_RANGES;

    if (peer)
        return peer->add_memory(address, size_bytes);
    if (!address || !size_bytes || size_bytes - 1 > UINTPTR_MAX - (uintptr_t)address)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    for (i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++) {
        if (block->memory[i].size_bytes && block->memory[i].address == at)
            break;
        if (!block->memory[i].size_bytes && unused == BLOCK_MAX_MEMORY_RANGES)
            unused = i;
    }
    i = i < BLOCK_MAX_MEMORY_RANGES ? i : unused;
    if (i == BLOCK_MAX_MEMORY_RANGES)
        return unlock_block(SALVOR_E_FULL);
    block->memory[i].address = at;
    block->memory[i].size_bytes = size_bytes;
    return unlock_block(SALVOR_OK);
}

salvor_status SALVOR_CALL salvor_remove_memory(const void *address)
{
    const struct peer_table *peer = peer_current();
    struct block *block;
    size_t i;

    if (peer)
        return peer->remove_memory(address);
    if (!address)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    for (i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++)
        if (block->memory[i].address == (uint64_t)(uintptr_t)address)
            block->memory[i].size_bytes = 0;
    return unlock_block(SALVOR_OK);
}

salvor_status SALVOR_CALL salvor_add_stream(uint32_t type, const void *address, size_t size_bytes)
{
    const struct peer_table *peer = peer_current();
    struct block *block;
    size_t i, unused = BLOCK_MAX_STREAMS;

    if (peer)
        return peer->add_stream(type, address, size_bytes);
    if (type <= 0xffff || !address || !size_bytes || size_bytes - 1 > UINTPTR_MAX - (uintptr_t)address)
        return SALVOR_E_ARGUMENT;
    if (!(block = lock_block()))
        return SALVOR_E_STATE;
    for (i = 0; i < BLOCK_MAX_STREAMS; i++) {
        if (block->streams[i].size_bytes && block->streams[i].type == type)
            break;
        if (!block->streams[i].size_bytes && unused == BLOCK_MAX_STREAMS)
            unused = i;
    }
    i = i < BLOCK_MAX_STREAMS ? i : unused;
    if (i == BLOCK_MAX_STREAMS)
        return unlock_block(SALVOR_E_FULL);
    block->streams[i].address = (uint64_t)(uintptr_t)address;
    block->streams[i].type = type;
    block->streams[i].size_bytes = size_bytes;
    return unlock_block(SALVOR_OK);
}
