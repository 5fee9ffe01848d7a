#include <sqlite3.h>

// Swift cannot call variadic functions.

/// Turns off SQLite's memory statistics, which take a process-wide lock at each allocation. Call it before the first database
/// is opened; later it has no effect and returns SQLITE_MISUSE.
static inline int aura_sqlite_stop_counting_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
