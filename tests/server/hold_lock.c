/* hold_lock.c - test helper: takes the write lock of an SQLite database, says "locked", and keeps it until standard input ends. */
#include <sqlite3.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    sqlite3 *connection = NULL;
    if (argc != 2 || sqlite3_open(argv[1], &connection) != SQLITE_OK)
        return 2;
    int code = sqlite3_exec(connection, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        puts("locked");
        fflush(stdout);
        while (getchar() != EOF)
            continue;
    }
    sqlite3_close(connection);
    return code == SQLITE_OK ? 0 : 1;
}
