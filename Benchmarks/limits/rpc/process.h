/* What a process can say and do about itself, and what /proc says about another one. */
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

/* Keeps this process on one core. */
void pin_to(int cpu);

/* Lifts the limit on open files as far as allowed, for root to what is needed; returns it. */
uint64_t raise_file_limit(uint64_t needed);

/* User and system time so far, of all threads. 0 as pid is this process. */
double process_cpu_seconds(pid_t pid);

/* A figure of /proc/PID/status in KiB: "VmRSS" is resident now, "VmHWM" was resident at most. */
long process_kib(pid_t pid, const char *figure);
