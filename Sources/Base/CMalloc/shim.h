#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// Returns the free memory of all arenas to the system. glibc keeps freed memory (malloc_trim(3)); other libraries need no call.
static inline void aura_trim_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
