/* What the measurements of rpc-load share: the options, faults, and the lines of JSON that come out. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "histogram.h"
#include "sockets.h"

struct options {
    struct target target;
    const char *request; /* the JSON text of a request; "%id" stands for its id */
    long connections, depth, batch;
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

/* How long nothing may arrive while something is expected. */
enum { patience_ms = 10000 };

/* The measurements. Each prints its line and returns the number of faults. */
uint64_t measure_calls(const struct options *options);
uint64_t measure_fan_out(const struct options *options);
uint64_t measure_idle(const struct options *options);
uint64_t disturb(const struct options *options);
uint64_t follow(const struct options *options);

extern const char subscribe_request[], ping_request[];

/* Sends one request with the id 1 over a connection that is otherwise idle. */
void send_request(struct stream *stream, const char *request);

/* False where the connection is broken. */
bool try_send_request(struct stream *stream, const char *request);

/* Whether this is the one answer to it, with a result. */
bool is_result(const char *text, size_t length);

/* Prints a fault and what was received. After ten of them no more are printed; they are counted all the same. */
void show_fault(const char *what, const char *text, size_t length);

/* CPU time of the server and of this process between two moments. */
struct cpu {
    double server, own;
};
struct cpu cpu_now(const struct options *options);

/* Adds what is common to all reports; `count` is what CPU time is divided by. */
void print_cpu(const struct options *options, struct cpu begun, struct cpu ended, uint64_t count, const char *unit);
void print_latency(const struct histogram *histogram);
