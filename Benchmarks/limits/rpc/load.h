/* The common parts of rpc-load's measurements: options, faults, and the JSON output. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "histogram.h"
#include "sockets.h"

struct options {
    struct target target;
    const char *request; /* the JSON text of a request; "%id" is replaced by its id, "%n" by a number */
    long connections, depth, batch;
    long numbers; /* "%n" is one of 1 to this number in a fixed random order; 0: a number that no other request has */
    bool in_turn;
    const char *disturbance;
    long subscribers, stalled, window, events;
    bool outside;
    long followers, drop_ms;
    long idle;
    bool subscribes;
    double seconds, warmup;
    pid_t server;
};

/* The longest time without data while something is expected. */
enum { patience_ms = 10000 };

/* The measurements. Each prints its line of JSON and returns the number of faults. */
uint64_t measure_calls(const struct options *options);
uint64_t measure_fan_out(const struct options *options);
uint64_t measure_idle(const struct options *options);
uint64_t disturb(const struct options *options);
uint64_t follow(const struct options *options);

extern const char subscribe_request[], ping_request[];

/* Sends one request with the id 1 over an otherwise idle connection. */
void send_request(struct stream *stream, const char *request);

/* Returns false if the connection is broken. */
bool try_send_request(struct stream *stream, const char *request);

/* Returns whether the text is the reply to that request, with a result. */
bool is_result(const char *text, size_t length);

/* Prints a fault and the received text. Only the first ten faults are printed; all are counted. */
void show_fault(const char *what, const char *text, size_t length);

/* The CPU time of the server and of this process so far. */
struct cpu {
    double server, own;
};
struct cpu cpu_now(const struct options *options);

/* Adds the members that all reports have; `count` divides the CPU time. */
void print_cpu(const struct options *options, struct cpu begun, struct cpu ended, uint64_t count, const char *unit);
void print_latency(const struct histogram *histogram);
