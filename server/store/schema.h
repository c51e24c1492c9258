/* schema.h - the database's tables, brought to the version that this program knows. */
#ifndef SALVOR_SERVER_STORE_SCHEMA_H
#define SALVOR_SERVER_STORE_SCHEMA_H
#include "store/db.h"

/* Makes or upgrades the tables in one transaction. ST_VERSION: the database was written by a newer program. */
enum status schema_apply(struct db *db);

#endif
