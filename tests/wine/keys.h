/* keys.h - what the Wine tests do to the registry below HKLM, and take back.
 *
 * A test that needs a key to itself puts the machine's own aside and gives it back afterwards, so that a deployment on the machine that the
 * tests run on outlives them. */
#ifndef SALVOR_TESTS_KEYS_H
#define SALVOR_TESTS_KEYS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_AEDEBUG     "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug"
#define KEYS_AEDEBUG_X86 "SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug"

/* Puts the key with all below it aside: afterwards there is none of its name. What a test program that died had put aside stays so. */
void keys_take(const char *key);
/* Removes what stands at the key now and puts back what was put aside, if anything was. */
void keys_give_back(const char *key);

/* Paths are below HKLM, in the 64-bit view; SOFTWARE\WOW6432Node is the other one. */
void keys_set_text(const char *key, const char *name, const char *text);
void keys_set_path(const char *key, const char *name, const char *text); /* REG_EXPAND_SZ */
void keys_set_number(const char *key, const char *name, uint32_t number);
void keys_drop_value(const char *key, const char *name);
void keys_drop(const char *key);
bool keys_has(const char *key);
/* The value as it stands, %variables% not put in, a number in decimal; its type, or 0 (REG_NONE) and "" when there is none. */
unsigned long keys_read(const char *key, const char *name, char *ret, size_t size);
/* The same through the 32-bit view. */
unsigned long keys_read_x86(const char *key, const char *name, char *ret, size_t size);

/* Imports a .reg file with the system's own regedit. */
void keys_import(const char *path);

/* Registers werhost, beside the test, as the debugger that the system starts for an unhandled exception (AeDebug), or takes that back. */
void keys_werhost(bool is_registered);

#endif
