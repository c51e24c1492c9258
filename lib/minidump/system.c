/* system.c - SystemInfo, MiscInfo, Exception, comments, and Breakpad's two small streams. */
#include "minidump/reader.h"
#include <inttypes.h>
#include <string.h>

#define SYSTEM_INFO_BYTES  32u /* up to the processor's own part */
#define EXCEPTION_BYTES    168u
#define MISC_FLAG_PID      1u
#define MISC_FLAG_TIMES    2u
#define MISC_BUILD_OFFSET  232u /* where version 4 begins: char16_t[260] */
#define MISC_BUILD_BYTES   520u
#define ASSERTION_TEXT     256u /* char16_t[128] each for expression, function and file */
#define ASSERTION_BYTES    776u
#define BREAKPAD_HAS_DUMP  1u
#define BREAKPAD_HAS_ASKER 2u

static enum cpu cpu_from_architecture(uint16_t architecture)
{
    switch (architecture) {
    case 0:
    case 10: /* x86 on Win64 */
        return CPU_X86;
    case 5:
        return CPU_ARM;
    case 9:
        return CPU_AMD64;
    case 12:
    case 0x8003: /* Breakpad's old number */
        return CPU_ARM64;
    default:
        return CPU_UNKNOWN;
    }
}

void reader_system_info(struct minidump_reader *reader, struct span stream)
{
    struct minidump_system *system = &reader->model.system;
    uint32_t service_pack;

    if (!span_has(stream, 0, SYSTEM_INFO_BYTES)) {
        reader_note(reader, "system information: too short");
        return;
    }
    system->present = true;
    system->architecture = bytes_u16(stream.data);
    system->cpu = cpu_from_architecture(system->architecture);
    system->level = bytes_u16(stream.data + 2);
    system->revision = bytes_u16(stream.data + 4);
    system->processor_count = stream.data[6];
    system->product_type = stream.data[7];
    system->major = bytes_u32(stream.data + 8);
    system->minor = bytes_u32(stream.data + 12);
    system->build = bytes_u32(stream.data + 16);
    system->platform = bytes_u32(stream.data + 20);
    service_pack = bytes_u32(stream.data + 24);
    if (service_pack)
        system->service_pack = reader_string(reader, "system information", service_pack);
    if (system->cpu == CPU_X86 && span_has(stream, 32, 12)) { /* other processors keep feature bits in this place */
        for (unsigned i = 0; i < 12; i++) {
            uint8_t c = stream.data[32 + i];

            system->vendor[i] = (char)(c >= 0x20 && c < 0x7f ? c : 0);
        }
    }
}

void reader_misc_info(struct minidump_reader *reader, struct span stream)
{
    struct minidump_misc *misc = &reader->model.misc;
    struct span build;
    uint32_t flags;

    if (!span_u32(stream, 4, &flags)) {
        reader_note(reader, "miscellaneous information: too short");
        return;
    }
    misc->has_pid = (flags & MISC_FLAG_PID) && span_u32(stream, 8, &misc->pid);
    if ((flags & MISC_FLAG_TIMES) && span_has(stream, 12, 12)) {
        misc->has_times = true;
        misc->process_start = bytes_u32(stream.data + 12);
        misc->user_seconds = bytes_u32(stream.data + 16);
        misc->kernel_seconds = bytes_u32(stream.data + 20);
    }
    if (span_sub(stream, MISC_BUILD_OFFSET, MISC_BUILD_BYTES, &build))
        misc->build = reader_utf16(reader, build);
}

void reader_exception(struct minidump_reader *reader, struct span stream)
{
    struct minidump_exception *exception = &reader->model.exception;
    uint32_t count;

    if (!span_has(stream, 0, EXCEPTION_BYTES - 8)) {
        reader_note(reader, "exception: too short");
        return;
    }
    exception->present = true;
    exception->thread_id = bytes_u32(stream.data);
    exception->code = bytes_u32(stream.data + 8);
    exception->flags = bytes_u32(stream.data + 12);
    exception->record = bytes_u64(stream.data + 16);
    exception->address = bytes_u64(stream.data + 24);
    count = bytes_u32(stream.data + 32);
    if (count > MINIDUMP_PARAMETERS) {
        reader_note(reader, "exception: %" PRIu32 " parameters announced, there can be %u", count, MINIDUMP_PARAMETERS);
        count = MINIDUMP_PARAMETERS;
    }
    exception->parameter_count = count;
    for (uint32_t i = 0; i < count; i++)
        exception->parameters[i] = bytes_u64(stream.data + 40 + 8 * (size_t)i);
    if (span_has(stream, 0, EXCEPTION_BYTES))
        exception->context = reader_location(reader, "the exception's registers", stream.data + 160);
}

void reader_comment_a(struct minidump_reader *reader, struct span stream)
{
    reader->model.comment = reader_utf8(reader, stream);
}

void reader_comment_w(struct minidump_reader *reader, struct span stream)
{
    if (!*reader->model.comment)
        reader->model.comment = reader_utf16(reader, stream);
}

void reader_breakpad_info(struct minidump_reader *reader, struct span stream)
{
    uint32_t flags;

    if (!span_u32(stream, 0, &flags) || !span_has(stream, 0, 12)) {
        reader_note(reader, "Breakpad information: too short");
        return;
    }
    if (flags & BREAKPAD_HAS_DUMP)
        reader->model.dump_thread = bytes_u32(stream.data + 4);
    if (flags & BREAKPAD_HAS_ASKER)
        reader->model.requesting_thread = bytes_u32(stream.data + 8);
}

/* As one line: expression, function and file where they are given. */
void reader_assertion(struct minidump_reader *reader, struct span stream)
{
    const char *part[3];
    struct buffer line;
    const char *kept = NULL;

    if (!span_has(stream, 0, ASSERTION_BYTES)) {
        reader_note(reader, "assertion: too short");
        return;
    }
    for (unsigned i = 0; i < 3; i++)
        part[i] = reader_utf16(reader, (struct span){stream.data + i * ASSERTION_TEXT, ASSERTION_TEXT});
    buffer_init(&line, 8 * ASSERTION_TEXT);
    if (buffer_printf(&line, "%s%s%s%s%s", part[0], *part[1] ? " in " : "", part[1], *part[2] ? " at " : "", part[2]) == ST_OK &&
        (!*part[2] || buffer_printf(&line, ":%" PRIu32, bytes_u32(stream.data + 3 * ASSERTION_TEXT)) == ST_OK))
        kept = arena_text(&reader->arena, buffer_text(&line), line.len);
    buffer_done(&line);
    if (kept)
        reader->model.assertion = kept;
}
