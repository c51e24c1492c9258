/* list.h - what lists have in common: sort column, direction, page size, search text, and cursors.
 *
 * A cursor holds the sort value and the id of the last row given: the next page is what comes behind it, whatever was added since. */
#ifndef SALVOR_SERVER_API_LIST_H
#define SALVOR_SERVER_API_LIST_H
#include "api/api.h"
#include "api/range.h"

#define LIST_MAX_LIMIT     200
#define LIST_DEFAULT_LIMIT 50
#define LIST_MAX_SEARCH    200
#define LIST_MAX_PATTERN   (2 * LIST_MAX_SEARCH + 3)

struct list_column {
    const char *name; /* in the query */
    const char *sql;
    bool is_text;
};

struct list {
    const struct list_column *column;
    bool descending;
    unsigned limit;
    struct range range;
    char search[LIST_MAX_SEARCH + 1];
    char pattern[LIST_MAX_PATTERN]; /* search for LIKE ... ESCAPE '\'; "" without a search */
    char search_id[40];             /* the search as a canonical UUID; "" when it is none */
    /* where the page begins */
    bool has_cursor;
    int64_t after_number;
    char after_text[512], after_id[40];
};

/* Reads sort, order, limit, q, cursor and range. The first column is the default one. On a mistake the call has its error and it is false.
 */
bool list_parse(struct api_call *call, const struct list_column *columns, size_t count, const char *default_range, struct list *ret);
/* Appends " AND (column, id) < (?n, ?m)" when there is a cursor. */
enum status list_where(const struct list *list, const char *id_sql, unsigned first_parameter, struct buffer *sql);
/* Appends " ORDER BY column DESC, id DESC LIMIT n+1": one row more than a page tells whether there is another page. */
enum status list_order(const struct list *list, const char *id_sql, struct buffer *sql);
/* The cursor's two parameters. */
struct db_value list_cursor_value(const struct list *list);
struct db_value list_cursor_id(const struct list *list);
/* Writes "next_cursor" from the page's last row; text for text columns. id NULL: there is no next page. */
void list_write_cursor(struct api_call *call, const struct list *list, int64_t number, const char *text, const char *id);

#endif
