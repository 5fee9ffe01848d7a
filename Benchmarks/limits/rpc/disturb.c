/* Clients that disturb others, for --seconds:
 *
 *   unread    sends pings without end and never reads the replies
 *   idle      opens --connections, uses each once and leaves it idle
 *   drip      sends one byte of a ping each second
 *   stalled   a subscriber that reads nothing, while 1,000 events a second are published
 *   garbage   sends messages of nearly 1 MiB that are invalid JSON only at their end, one after the other
 *   busy      no client: a process that keeps one core busy
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"
#include "process.h"

enum { tick_ms = 10, events_per_tick = 10, garbage_bytes = (1 << 20) - 64 };

static uint64_t end_ns, sent, answered;

static bool goes_on(void) { return now_ns() < end_ns; }

/* Returns whether the socket becomes ready for one of these events within `ms`. */
static bool is_ready(const struct stream *stream, short events, int ms) {
    struct pollfd wanted = {.fd = stream->fd, .events = events};
    return poll(&wanted, 1, ms) > 0;
}

static void sleep_ms(long ms) {
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void count(void *owner, char *text, size_t length) {
    (void)owner, (void)text, (void)length;
    answered++;
}

/* Reads until every request has its reply. */
static void take_answers(struct stream *stream) {
    while (answered < sent) {
        if (!is_ready(stream, POLLIN, patience_ms)) die("get an answer");
        if (!stream_receive(stream, count, NULL)) die("go on, the server has closed the connection");
    }
}

static void send_and_wait(struct stream *stream, const struct buffer *text) {
    static struct buffer out;
    out.used = 0;
    stream_frame(stream, &out, text->data, text->used);
    if (!stream_send(stream, out.data, out.used)) die("send: the connection is broken");
    while (stream_is_full(stream)) {
        if (!is_ready(stream, POLLOUT, patience_ms)) die("send: the server does not read");
        if (!stream_flush(stream)) die("send: the connection is broken");
    }
    sent++;
    take_answers(stream);
}

static void ask(struct stream *stream, const char *request) {
    send_request(stream, request);
    sent++;
    take_answers(stream);
}

static void never_read(const struct options *options) {
    struct stream stream = connect_to(&options->target);
    while (goes_on()) {
        if (!stream_is_full(&stream)) {
            send_request(&stream, ping_request);
            sent++;
        } else if (is_ready(&stream, POLLOUT, tick_ms) && !stream_flush(&stream)) {
            die("send: the connection is broken");
        }
    }
}

static void keep_idle(const struct options *options) {
    for (long number = 0; number < options->connections; number++) {
        struct stream stream = connect_to(&options->target);
        ask(&stream, ping_request);
    }
    while (goes_on()) sleep_ms(tick_ms);
}

static void drip(const struct options *options) {
    struct stream stream = connect_to(&options->target);
    for (const char *at = ping_request; goes_on() && *at; at++) {
        if (!stream_send(&stream, at, 1)) die("send: the connection is broken");
        sent++;
        for (int ms = 0; ms < 1000 && goes_on(); ms += tick_ms) sleep_ms(tick_ms);
    }
}

static void stall(const struct options *options) {
    struct stream subscriber = connect_to(&options->target), publisher = connect_to(&options->target);
    send_request(&subscriber, subscribe_request);
    struct buffer publish = {0};
    buffer_text(&publish, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"bench.publish\",\"params\":{\"count\":");
    buffer_number(&publish, events_per_tick);
    buffer_text(&publish, "}}");
    while (goes_on()) {
        send_and_wait(&publisher, &publish);
        sleep_ms(tick_ms);
    }
}

/* Sends text that is valid JSON except that it lacks its end. */
static void send_garbage(const struct options *options) {
    struct stream stream = connect_to(&options->target);
    struct buffer text = {0};
    buffer_text(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\",\"params\":[0");
    while (text.used < garbage_bytes) buffer_text(&text, ",0");
    while (goes_on()) send_and_wait(&stream, &text);
}

static void keep_busy(const struct options *options) {
    (void)options;
    while (goes_on()) continue;
}

static const struct {
    const char *name;
    void (*disturb)(const struct options *);
} kinds[] = {{"unread", never_read}, {"idle", keep_idle},       {"drip", drip},
             {"stalled", stall},     {"garbage", send_garbage}, {"busy", keep_busy}};

uint64_t disturb(const struct options *options) {
    end_ns = now_ns() + (uint64_t)(options->seconds * 1e9);
    for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
        if (strcmp(kinds[at].name, options->disturbance)) continue;
        kinds[at].disturb(options);
        printf("{\"sent\":%" PRIu64 ",\"answered\":%" PRIu64 "}\n", sent, answered);
        return 0;
    }
    die("disturb by %s", options->disturbance);
}
