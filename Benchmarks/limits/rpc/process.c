#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "cannot ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set)) die("pin to CPU %d: %s", cpu, strerror(errno));
}

uint64_t raise_file_limit(uint64_t needed) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit beyond = {needed, needed};
    if (limit.rlim_max < needed && setrlimit(RLIMIT_NOFILE, &beyond) == 0) return needed;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max;
}

double process_cpu_seconds(pid_t pid) {
    if (pid == 0) {
        struct timespec time;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    }
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) die("read %s: %s", path, strerror(errno));
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    /* The program's name is in parentheses and may contain spaces, so fields are counted after it. */
    const char *behind = strrchr(text, ')');
    unsigned long user, system;
    if (!behind || sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die("read the times in %s", path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

long process_kib(pid_t pid, const char *figure) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) die("read %s: %s", path, strerror(errno));
    long kib = -1;
    size_t length = strlen(figure);
    while (kib < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, figure, length) && line[length] == ':') kib = atol(line + length + 1);
    fclose(file);
    if (kib < 0) die("find %s in %s", figure, path);
    return kib;
}
