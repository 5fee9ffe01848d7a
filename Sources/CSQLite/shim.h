#include <sqlite3.h>

// Swift cannot call functions with a variable list of arguments.

/// Lets SQLite allocate without counting what it holds, which takes a lock of the whole process at each allocation. To be
/// called before the first database is opened; later it changes nothing and returns SQLITE_MISUSE.
static inline int aura_sqlite_stop_counting_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
