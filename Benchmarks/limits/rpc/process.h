/* Functions of this process, and figures of other processes from /proc. */
#pragma once
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Prints "cannot …" and ends the program with status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static inline uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Pins this process to one core. */
void pin_to(int cpu);

/* Raises the limit on open files as far as allowed; root can raise it to `needed`. Returns the new limit. */
uint64_t raise_file_limit(uint64_t needed);

/* Returns the user and system time of all threads so far. The pid 0 means this process. */
double process_cpu_seconds(pid_t pid);

/* Returns a figure of /proc/PID/status in KiB: "VmRSS" is the resident memory now, "VmHWM" its maximum. */
long process_kib(pid_t pid, const char *figure);
