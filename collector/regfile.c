/* regfile.c - the text of .reg files.
 *
 * Every value of LocalDumps is written for each program, because a global DumpCount=0 would otherwise be inherited. Undo names our own
 * subkeys and values only: other programs' subkeys, and settings made by somebody else, stay.
 * https://learn.microsoft.com/windows/win32/wer/collecting-user-mode-dumps */
#include "regfile.h"
#include "base/file.h"
#include "base/text.h"
#include "configuration.h"
#include "proto/name.h"
#include <string.h>

#define HIVE            "HKEY_LOCAL_MACHINE\\"
#define MAX_SETTING     1024
#define MAX_FOLDER      1024
#define LINE_CHARACTERS 76 /* regedit breaks hex values at 80 */

/* Writes UTF-8 lines ended by LF; the encoding comes last. */
struct writer {
    struct buffer text;
    enum status status; /* the first failure */
};

static void put(struct writer *writer, const char *text)
{
    if (!writer->status)
        writer->status = buffer_append_text(&writer->text, text);
}

static void put_byte(struct writer *writer, char c)
{
    if (!writer->status)
        writer->status = buffer_append_byte(&writer->text, (uint8_t)c);
}

/* [HKEY_LOCAL_MACHINE\key\sub]; with minus the key is deleted. sub may be NULL. */
static void put_key(struct writer *writer, bool minus, const char *key, const char *sub)
{
    put(writer, minus ? "\n[-" HIVE : "\n[" HIVE);
    put(writer, key);
    if (sub) {
        put(writer, "\\");
        put(writer, sub);
    }
    put(writer, "]\n");
}

static void put_quoted(struct writer *writer, const char *text)
{
    put_byte(writer, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            put_byte(writer, '\\');
        put_byte(writer, *text);
    }
    put_byte(writer, '"');
}

static void put_text_value(struct writer *writer, const char *name, const char *value)
{
    put_quoted(writer, name);
    put(writer, "=");
    put_quoted(writer, value);
    put(writer, "\n");
}

static void put_number_value(struct writer *writer, const char *name, uint32_t value)
{
    put_quoted(writer, name);
    if (!writer->status)
        writer->status = buffer_printf(&writer->text, "=dword:%08x\n", value);
}

static void put_deleted_value(struct writer *writer, const char *name)
{
    put_quoted(writer, name);
    put(writer, "=-\n");
}

/* REG_EXPAND_SZ, since a folder may be given as %ProgramData%: hex(2) of the UTF-16LE text and its terminator, in lines joined by a
 * backslash. */
static void put_expand_value(struct writer *writer, const char *name, const char *value)
{
    static const char prefix[] = "=hex(2):";
    size_t column = strlen(name) + 2 + strlen(prefix);
    struct buffer wide;

    put_quoted(writer, name);
    put(writer, prefix);
    buffer_init(&wide, 4 * MAX_FOLDER);
    if (!writer->status)
        writer->status = text_to_utf16le(&wide, value, strlen(value));
    if (!writer->status)
        writer->status = buffer_append(&wide, "\0", 2);
    for (size_t i = 0; !writer->status && i < wide.len; i++) {
        bool last = i + 1 == wide.len;
        writer->status = buffer_printf(&writer->text, "%02x%s", wide.data[i], last ? "\n" : ",");
        column += 3;
        if (!last && column >= LINE_CHARACTERS) {
            put(writer, "\\\n  ");
            column = 2;
        }
    }
    buffer_done(&wide);
}

static const char *folder_of(const struct regfile *regfile)
{
    return regfile->dump_folder ? regfile->dump_folder : NAME_DEFAULT_DUMPS;
}

static void put_app(struct writer *writer, const struct regfile *regfile, const char *app)
{
    put_key(writer, regfile->undo, NAME_KEY_LOCALDUMPS, app);
    if (regfile->undo)
        return;
    put_expand_value(writer, NAME_VALUE_DUMP_FOLDER, folder_of(regfile));
    put_number_value(writer, NAME_VALUE_DUMP_COUNT, NAME_DEFAULT_DUMP_COUNT);
    put_number_value(writer, NAME_VALUE_DUMP_TYPE, NAME_DEFAULT_DUMP_TYPE);
}

static void put_setting(struct writer *writer, const struct regfile *regfile, const char *name, const char *value)
{
    if (!value)
        return;
    if (regfile->undo)
        put_deleted_value(writer, name);
    else
        put_text_value(writer, name, value);
}

static void put_settings(struct writer *writer, const struct regfile *regfile)
{
    put_key(writer, false, NAME_KEY_SETTINGS, NULL);
    if (regfile->undo)
        put_deleted_value(writer, SETTING_DUMPS);
    else
        put_expand_value(writer, SETTING_DUMPS, folder_of(regfile));
    put_setting(writer, regfile, SETTING_URL, regfile->url);
    put_setting(writer, regfile, SETTING_KEY, regfile->key);
}

/* Texts land between quotes on one line of a file that an administrator will import. */
static bool is_plain_text(const char *text, size_t max_bytes)
{
    size_t len = strlen(text);

    if (len == 0 || len > max_bytes || !text_is_utf8(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return true;
}

static bool is_app(const char *app)
{
    return path_is_plain_name(app) && is_plain_text(app, 200) && text_ends_nocase(app, ".exe") && !strpbrk(app, "[]");
}

static const char *check(const struct regfile *regfile)
{
    if (regfile->app_count == 0)
        return "name at least one program with --app app.exe";
    for (size_t i = 0; i < regfile->app_count; i++)
        if (!is_app(regfile->apps[i]))
            return "--app wants the file name of a program, such as app.exe, without its folder";
    if (regfile->url && !is_plain_text(regfile->url, MAX_SETTING))
        return "--url must be one line of at most 1024 bytes";
    if (regfile->key && !is_plain_text(regfile->key, MAX_SETTING))
        return "--key must be one line of at most 1024 bytes";
    if (regfile->dump_folder && (!is_plain_text(regfile->dump_folder, MAX_FOLDER) || strchr(regfile->dump_folder, ';')))
        return "--dump-folder must be one path of at most 1024 bytes, without a semicolon";
    return NULL;
}

/* LF becomes CRLF, UTF-8 becomes UTF-16LE behind a BOM: an 8-bit .reg file changes how hex(2) is read. */
static enum status encode(const struct buffer *text, struct buffer *out)
{
    enum status st = buffer_append(out, "\xff\xfe", 2);
    const char *line = buffer_text(text);

    while (!st && *line) {
        size_t len = strcspn(line, "\n");
        st = text_to_utf16le(out, line, len);
        line += len;
        if (!st && *line == '\n') {
            st = buffer_append(out, "\r\0\n", 4); /* and the literal's own NUL */
            line++;
        }
    }
    return st;
}

enum status regfile_build(const struct regfile *regfile, struct buffer *out, const char **ret_message)
{
    struct writer writer = {.status = ST_OK};
    const char *message = check(regfile);

    if (message) {
        *ret_message = message;
        return ST_ARGUMENT;
    }
    *ret_message = "too many programs for one file";
    buffer_init(&writer.text, REGFILE_MAX_BYTES / 2);
    put(&writer, "Windows Registry Editor Version 5.00\n");
    for (size_t i = 0; i < regfile->app_count; i++)
        put_app(&writer, regfile, regfile->apps[i]);
    put_settings(&writer, regfile);
    if (!writer.status)
        writer.status = encode(&writer.text, out);
    buffer_done(&writer.text);
    return writer.status;
}
