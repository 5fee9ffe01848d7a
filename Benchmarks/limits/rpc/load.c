/* Loads a JSON-RPC server, checks every reply, and prints one line of JSON. It uses one thread and epoll.
 *
 *     rpc-load TARGET [--seconds S] [--warmup W] [--pin CPU] [--server-pid PID] [--request JSON] MEASUREMENT
 *
 * TARGET        --unix PATH or --tcp HOST:PORT, and --ws HTTP-PATH for WebSocket there
 * --seconds     the duration of the measurement, after a `--warmup` with the same load
 * --server-pid  also reports the CPU time and memory of this process
 * --request     the request to send, with %id in place of its id: a call, or in the other measurements the subscribe request.
 *               %n in a call is replaced by a number: with --numbers N one of 1 to N, else one that no other call has
 *
 * MEASUREMENT is one of
 *   --connections C --depth D [--batch N]    calls: D lines in flight on each of C connections; a line is a batch of N.
 *       --in-turn: one call at a time in all, on one connection after the other, so that every event loop of the server is used.
 *   --fanout N [--stalled K] [--window W] [--events E]
 *       N subscribers, K of which read nothing until the end. W events are published at a time (`bench.publish`); the next
 *       ones follow when all other subscribers have them. --outside: publishes nothing, and counts until each has E events.
 *   --disturb KIND                           measures nothing and disturbs other clients: see disturb.c
 *   --follow N [--stalled K] [--drop-ms M]   N subscribers that survive restarts of the server: see follow.c
 *   --idle N [--subscribe]                   the server's memory per connection that was used once and is idle
 *
 * The exit status is 1 if any reply was wrong, lost, duplicated or out of order. The figures are then meaningless. */
#include "load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "process.h"

const char ping_request[] = "{\"jsonrpc\":\"2.0\",\"id\":%id,\"method\":\"system.ping\",\"params\":{}}";
const char subscribe_request[] =
    "{\"jsonrpc\":\"2.0\",\"id\":%id,\"method\":\"status.subscribe\",\"params\":{\"from\":\"now\"}}";

bool try_send_request(struct stream *stream, const char *request) {
    struct buffer text = {0}, out = {0};
    const char *id = strstr(request, "%id");
    if (!id) die("find %%id in the request %s", request);
    buffer_add(&text, request, (size_t)(id - request));
    buffer_text(&text, "1");
    buffer_text(&text, id + 3);
    stream_frame(stream, &out, text.data, text.used);
    bool sent = stream_send(stream, out.data, out.used);
    buffer_free(&text);
    buffer_free(&out);
    return sent;
}

void send_request(struct stream *stream, const char *request) {
    if (!try_send_request(stream, request)) die("send a request: the connection is broken");
}

bool is_result(const char *text, size_t length) {
    struct reader reader = reader_of(text, length);
    struct message reply;
    return reader_next(&reader, &reply) == 1 && span_is(reply.id, "1") && reply.result.start;
}

void show_fault(const char *what, const char *text, size_t length) {
    static int shown;
    if (shown++ < 10) fprintf(stderr, "%s: %.*s\n", what, length < 500 ? (int)length : 500, text);
}

struct cpu cpu_now(const struct options *options) {
    return (struct cpu){options->server ? process_cpu_seconds(options->server) : 0, process_cpu_seconds(0)};
}

void print_cpu(const struct options *options, struct cpu begun, struct cpu ended, uint64_t count, const char *unit) {
    double micros = count ? 1e6 / (double)count : 0;
    printf(",\"cpuMicrosecondsPer%s\":%.3f", unit, (ended.own - begun.own) * micros);
    if (!options->server) return;
    printf(",\"serverCpuMicrosecondsPer%s\":%.3f", unit, (ended.server - begun.server) * micros);
    printf(",\"serverRssKiB\":%ld,\"serverPeakKiB\":%ld", process_kib(options->server, "VmRSS"),
           process_kib(options->server, "VmHWM"));
}

void print_latency(const struct histogram *histogram) {
    printf(",\"p50Microseconds\":%.1f,\"p99Microseconds\":%.1f,\"p999Microseconds\":%.1f", histogram_quantile(histogram, 0.5),
           histogram_quantile(histogram, 0.99), histogram_quantile(histogram, 0.999));
}

static const struct option names[] = {
    {"unix", required_argument, NULL, 'u'},
    {"tcp", required_argument, NULL, 't'},
    {"ws", required_argument, NULL, 'w'},
    {"seconds", required_argument, NULL, 's'},
    {"warmup", required_argument, NULL, 'W'},
    {"pin", required_argument, NULL, 'p'},
    {"server-pid", required_argument, NULL, 'P'},
    {"request", required_argument, NULL, 'r'},
    {"connections", required_argument, NULL, 'c'},
    {"depth", required_argument, NULL, 'd'},
    {"batch", required_argument, NULL, 'b'},
    {"numbers", required_argument, NULL, 'N'},
    {"in-turn", no_argument, NULL, 'T'},
    {"disturb", required_argument, NULL, 'D'},
    {"follow", required_argument, NULL, 'F'},
    {"drop-ms", required_argument, NULL, 'm'},
    {"fanout", required_argument, NULL, 'f'},
    {"stalled", required_argument, NULL, 'S'},
    {"window", required_argument, NULL, 'n'},
    {"events", required_argument, NULL, 'e'},
    {"outside", no_argument, NULL, 'o'},
    {"idle", required_argument, NULL, 'i'},
    {"subscribe", no_argument, NULL, 'j'},
    {0}};

static long number(const char *text, long least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < least) die("take %s as a number of at least %ld", text, least);
    return value;
}

static void set_option(struct options *options, int name) {
    switch (name) {
    case 'u': options->target.unix_path = optarg; break;
    case 't': options->target.tcp = optarg; break;
    case 'w': options->target.websocket_path = optarg; break;
    case 's': options->seconds = atof(optarg); break;
    case 'W': options->warmup = atof(optarg); break;
    case 'p': pin_to((int)number(optarg, 0)); break;
    case 'P': options->server = (pid_t)number(optarg, 1); break;
    case 'r': options->request = optarg; break;
    case 'c': options->connections = number(optarg, 1); break;
    case 'd': options->depth = number(optarg, 1); break;
    case 'b': options->batch = number(optarg, 1); break;
    case 'N': options->numbers = number(optarg, 1); break;
    case 'T': options->in_turn = true; break;
    case 'D': options->disturbance = optarg; break;
    case 'F': options->followers = number(optarg, 1); break;
    case 'm': options->drop_ms = number(optarg, 1); break;
    case 'f': options->subscribers = number(optarg, 1); break;
    case 'S': options->stalled = number(optarg, 0); break;
    case 'n': options->window = number(optarg, 1); break;
    case 'e': options->events = number(optarg, 1); break;
    case 'o': options->outside = true; break;
    case 'i': options->idle = number(optarg, 1); break;
    case 'j': options->subscribes = true; break;
    default: die("understand the options; they are listed at the top of load.c");
    }
}

static void check_options(const struct options *options) {
    if (!options->target.unix_path == !options->target.tcp) die("connect to both or neither of --unix and --tcp");
    if (options->stalled && options->stalled >= options->subscribers + options->followers)
        die("measure with no subscriber that reads");
    if (options->outside && !options->events) die("count events from outside without --events");
    if (options->idle && !options->server) die("measure memory without --server-pid");
}

typedef uint64_t measurement(const struct options *);

static measurement *chosen(const struct options *options) {
    if (options->disturbance) return disturb;
    if (options->followers) return follow;
    if (options->idle) return measure_idle;
    return options->subscribers ? measure_fan_out : measure_calls;
}

int main(int count, char **arguments) {
    struct options options = {.connections = 1, .depth = 1, .batch = 1, .window = 1, .seconds = 2, .warmup = 0.5};
    int name;
    while ((name = getopt_long(count, arguments, "", names, NULL)) != -1) set_option(&options, name);
    if (optind < count) die("understand %s", arguments[optind]);
    check_options(&options);
    uint64_t files = (uint64_t)(options.connections + options.subscribers + options.idle + options.followers) + 64;
    if (raise_file_limit(files) < files) die("open %lu files, no more are allowed", files);
    /* The run ends even if something hangs. */
    alarm((unsigned)(options.seconds + options.warmup) + 120);
    return chosen(&options)(&options) ? 1 : 0;
}
