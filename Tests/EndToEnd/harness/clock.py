"""A wall clock that a test can set, for one process only. The monotonic clocks are unchanged."""

import shutil
import struct
import subprocess

# libfaketime is unsuitable: it also shifts the timers of CLOCK_MONOTONIC and CLOCK_BOOTTIME, even when configured not
# to.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t none, *offset = &none;

__attribute__((constructor)) static void map(void) {
    int file = open(getenv("TEST_CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
    void *mapped = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) abort();
    offset = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *seconds) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (seconds) *seconds = exact.tv_sec;
    return exact.tv_sec;
}
"""


class WallClock:
    """Pass `environment` to the process; `shift` then sets its wall clock forward or back."""

    def __init__(self, directory):
        self.offset = directory / "offset"
        self.shift(0)
        source, library = directory / "clock.c", directory / "clock.so"
        source.write_text(SHIM)
        compiler = shutil.which("clang") or shutil.which("cc")
        assert compiler, "there is no C compiler; the Swift toolchain has one"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
        self.environment = {"LD_PRELOAD": str(library), "TEST_CLOCK_OFFSET": str(self.offset)}

    def shift(self, seconds):
        """Sets the clock's offset from the true time. The file is written in place, because the process maps it."""
        with open(self.offset, "r+b" if self.offset.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
