#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed. Otherwise a database or a socket could get such a number,
/// and output to standard output or standard error would be written into it. Call it before any other descriptor is opened.
/// Ends the process if it fails.
static inline void aura_reserve_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // open(2) returns the lowest free number, and all lower ones are open.
        if (open("/dev/null", O_RDWR) != descriptor) _exit(71);
    }
}
