/* normal.h - a function's name as symbol files and compilers spell it, made the same for all of them. */
#ifndef SALVOR_SIGNATURE_NORMAL_H
#define SALVOR_SIGNATURE_NORMAL_H
#include <stddef.h>

#define NORMAL_MAX_BYTES 1024u /* of a normalised name, with its NUL; longer ones are cut */

/* Writes name without return type, arguments, trailing qualifiers, compilers' suffixes ("[clone .x]", ".cold", Rust's
 * "::h0123456789abcdef") and with balanced template arguments as "<T>"; "operator<" and its kin stay whole, as do Rust's "<Type as Trait>".
 * What is not balanced is left as it is. */
void normal_name(char ret[NORMAL_MAX_BYTES], const char *name);

#endif
