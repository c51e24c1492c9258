/* field.h - the fields of one line of text, split at blanks; not for other folders. */
#ifndef SALVOR_SYMBOLS_FIELD_H
#define SALVOR_SYMBOLS_FIELD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of a line; moves on with each field taken. */
struct field {
    const char *at, *end;
};

/* The next word; false at the end of the line. */
bool field_word(struct field *line, const char **ret, size_t *ret_size);
/* Takes the next word when it is exactly that; otherwise nothing moves. */
bool field_is(struct field *line, const char *word);
/* The next word as a number of 32 bits; false when it is none. A word of more than 32 bits is none. */
bool field_hex(struct field *line, uint32_t *ret);
bool field_decimal(struct field *line, uint32_t *ret);
/* Everything that is left, without the blanks around it. */
void field_rest(struct field *line, const char **ret, size_t *ret_size);

#endif
