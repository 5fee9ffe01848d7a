#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/// Opens /dev/null as each of the descriptors 0 to 2 that is closed: else a database or a socket has that number, and whatever writes to
/// standard output or standard error writes into it. Call it before anything else opens a descriptor. Ends the process if it cannot.
static inline void aura_reserve_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // open(2) returns the lowest number that is free, and those below are open.
        if (open("/dev/null", O_RDWR) != descriptor) _exit(71);
    }
}
