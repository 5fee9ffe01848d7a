/* Fan-out: one publisher and many subscribers. Each subscriber must get every event once and in order. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "json.h"
#include "load.h"
#include "process.h"

struct subscriber {
    struct stream stream;
    bool subscribed, stalled;
    uint64_t next;     /* the number of the next expected event; 0 before the first */
    uint64_t received;
};

static const struct options *options;
static int poll_fd;
static struct subscriber *subscribers;
static struct stream publisher;
static struct buffer publish_line;

static long unsubscribed;
static bool measures, publish_is_answered = true;
static uint64_t published; /* events, per subscriber */
static int64_t missing;    /* deliveries of published events that live subscribers have not got yet */
static uint64_t published_ns, arrived_ns;
static uint64_t first_seq, deliveries, event_bytes;
static uint64_t gaps, repeats, invalid, ended, lost;
static struct histogram latencies;

/* -- What arrives -- */

static void take_subscribed(struct subscriber *subscriber, const char *text, size_t length) {
    subscriber->subscribed = true;
    unsubscribed--;
    if (is_result(text, length)) return;
    invalid++;
    show_fault("cannot subscribe", text, length);
}

/* Returns an event's number. The number is usually at the same position as in the previous event, which avoids a search. */
static uint64_t seq_of(const char *text, size_t length) {
    static const char key[] = "\"seq\":";
    static size_t place;
    size_t key_length = sizeof key - 1;
    if (place + key_length >= length || memcmp(text + place, key, key_length)) {
        const char *found = memmem(text, length, key, key_length);
        if (!found) return 0;
        place = (size_t)(found - text);
    }
    uint64_t seq = 0;
    for (size_t at = place + key_length; at < length && text[at] >= '0' && text[at] <= '9'; at++)
        seq = seq * 10 + (uint64_t)(text[at] - '0');
    return seq;
}

static void take_event(struct subscriber *subscriber, const char *text, size_t length) {
    uint64_t seq = seq_of(text, length);
    if (first_seq == 0) first_seq = seq;
    if (subscriber->next == 0) subscriber->next = first_seq;
    if (seq == 0 || seq < subscriber->next) {
        if (seq == 0) invalid++;
        else repeats++;
        show_fault(seq == 0 ? "not an event" : "an event that was there before", text, length);
        return;
    }
    if (seq > subscriber->next) {
        gaps += seq - subscriber->next;
        show_fault("events are missing before", text, length);
    }
    uint64_t step = seq - subscriber->next + 1;
    subscriber->next = seq + 1;
    subscriber->received++;
    if (subscriber->stalled) return;
    missing -= (int64_t)step;
    if (!measures) return;
    deliveries++;
    event_bytes += length;
    if (arrived_ns == 0) arrived_ns = now_ns();
    histogram_add(&latencies, arrived_ns - published_ns);
}

static void take_line(void *owner, char *text, size_t length) {
    struct subscriber *subscriber = owner;
    if (!subscriber->subscribed) take_subscribed(subscriber, text, length);
    else take_event(subscriber, text, length);
}

static void take_published(void *owner, char *text, size_t length) {
    (void)owner;
    if (!is_result(text, length)) die("publish: %.*s", (int)length, text);
    publish_is_answered = true;
}

static void serve(void *owner) {
    if (owner == &publisher) {
        if (!stream_receive(&publisher, take_published, NULL)) die("publish: the server has closed the connection");
        return;
    }
    struct subscriber *subscriber = owner;
    arrived_ns = 0;
    if (stream_receive(&subscriber->stream, take_line, subscriber)) return;
    ended++;
    show_fault("a subscriber was cut off", "", 0);
    stream_watch(&subscriber->stream, poll_fd, subscriber, false, false);
}

/* Waits at most 100 ms and processes what arrived. Returns whether anything arrived. */
static bool take_some(void) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll_fd, events, 256, 100);
    if (ready < 0 && errno != EINTR) die("wait for events: %s", strerror(errno));
    for (int at = 0; at < ready; at++) serve(events[at].data.ptr);
    return ready > 0;
}

static bool is_delivered(void) { return missing <= 0 && publish_is_answered; }
static bool is_subscribed(void) { return unsubscribed == 0; }
static bool has_caught_up(void) {
    for (long number = 0; number < options->stalled; number++)
        if (subscribers[number].received < published) return false;
    return true;
}

/* Processes events until `is_done`. Returns false if nothing arrived for ten seconds. */
static bool take_until(bool (*is_done)(void)) {
    uint64_t heard_ns = now_ns();
    while (!is_done()) {
        bool some = take_some();
        uint64_t now = now_ns();
        if (some) heard_ns = now;
        else if (now - heard_ns > patience_ms * 1000000ull) return false;
    }
    return true;
}

/* -- What is done -- */

static void open_subscribers(void) {
    subscribers = calloc((size_t)options->subscribers, sizeof *subscribers);
    if (!subscribers) die("get memory for %ld subscribers", options->subscribers);
    for (long number = 0; number < options->subscribers; number++) {
        struct subscriber *subscriber = &subscribers[number];
        subscriber->stalled = number < options->stalled;
        subscriber->stream = connect_to(&options->target);
        send_request(&subscriber->stream, options->request ? options->request : subscribe_request);
        stream_watch(&subscriber->stream, poll_fd, subscriber, true, false);
        unsubscribed++;
    }
    if (!take_until(is_subscribed)) die("subscribe: %ld were not answered", unsubscribed);
}

static void watch_stalled(bool reads) {
    for (long number = 0; number < options->stalled; number++)
        stream_watch(&subscribers[number].stream, poll_fd, &subscribers[number], reads, false);
}

static void open_publisher(void) {
    publisher = connect_to(&options->target);
    stream_watch(&publisher, poll_fd, &publisher, true, false);
    struct buffer text = {0};
    buffer_text(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"bench.publish\",\"params\":{\"count\":");
    buffer_number(&text, (uint64_t)options->window);
    buffer_text(&text, "}}");
    /* Framed again for each write, since each WebSocket frame needs another mask. */
    publish_line = text;
}

static bool publish_once(void) {
    static struct buffer out;
    out.used = 0;
    stream_frame(&publisher, &out, publish_line.data, publish_line.used);
    publish_is_answered = false;
    published += (uint64_t)options->window;
    missing += options->window * (options->subscribers - options->stalled);
    published_ns = now_ns();
    if (!stream_send(&publisher, out.data, out.used)) die("publish: the connection is broken");
    return take_until(is_delivered);
}

/* Publishes for this time, or until all events are published. Returns false if a live subscriber does not get an event. */
static bool publish_for(double seconds) {
    uint64_t end_ns = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < end_ns && (options->events == 0 || published < (uint64_t)options->events))
        if (!publish_once()) return false;
    return true;
}

/* Counts events from another source, from the first of them. */
static bool count_outside(uint64_t *begun) {
    published = (uint64_t)options->events;
    missing = options->events * (options->subscribers - options->stalled);
    fprintf(stderr, "subscribed\n");
    while (deliveries == 0) take_some();
    *begun = now_ns();
    return take_until(is_delivered);
}

static void count_lost(void) {
    for (long number = 0; number < options->subscribers; number++)
        if (subscribers[number].received < published) lost += published - subscribers[number].received;
    if (lost) fprintf(stderr, "%" PRIu64 " deliveries of %" PRIu64 " events are missing\n", lost, published);
}

static uint64_t report(double seconds, struct cpu begun, struct cpu ended_cpu, uint64_t stalled_received) {
    uint64_t faults = gaps + repeats + invalid + ended + lost;
    printf("{\"subscribers\":%ld,\"stalled\":%ld,\"window\":%ld,\"events\":%" PRIu64, options->subscribers,
           options->stalled, options->window, published);
    printf(",\"seconds\":%.3f,\"deliveries\":%" PRIu64 ",\"deliveriesPerSecond\":%.0f,\"eventBytes\":%.0f", seconds,
           deliveries, (double)deliveries / seconds, deliveries ? (double)event_bytes / (double)deliveries : 0);
    if (!options->outside) print_latency(&latencies);
    print_cpu(options, begun, ended_cpu, deliveries, "Delivery");
    printf(",\"stalledDeliveries\":%" PRIu64 ",\"gaps\":%" PRIu64 ",\"repeats\":%" PRIu64 ",\"invalid\":%" PRIu64,
           stalled_received, gaps, repeats, invalid);
    printf(",\"ended\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"faults\":%" PRIu64 "}\n", ended, lost, faults);
    return faults;
}

uint64_t measure_fan_out(const struct options *all) {
    options = all;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    open_subscribers();
    watch_stalled(false);
    bool delivers = true;
    if (!all->outside) {
        open_publisher();
        delivers = publish_for(all->warmup);
    }
    measures = true;
    struct cpu begun_cpu = cpu_now(all);
    uint64_t begun = now_ns();
    if (all->outside) count_outside(&begun);
    else if (delivers) publish_for(all->seconds);
    double seconds = (double)(now_ns() - begun) / 1e9;
    struct cpu ended_cpu = cpu_now(all);

    measures = false;
    watch_stalled(true);
    take_until(has_caught_up);
    /* Any further event is a duplicate. */
    while (take_some()) continue;
    count_lost();
    uint64_t stalled_received = 0;
    for (long number = 0; number < all->stalled; number++) stalled_received += subscribers[number].received;
    return report(seconds, begun_cpu, ended_cpu, stalled_received);
}
