/* Subscribers that survive restarts of the server. After each connect, a subscriber continues in the ledger after the last event
 * that it got. It must get the events 1, 2, 3 … once and in order, although its connections are lost:
 *
 *   - after a lost connection it reconnects after a random delay;
 *   - every --drop-ms one connection that reads is closed here, possibly in the middle of a message;
 *   - the --stalled ones, in mode `stall`, read nothing until the other side has closed the connection.
 *
 * Standard input controls them, one command per line; `HEAD` is a `seq` of the ledger:
 *
 *   rest          close all connections
 *   live, stall   connect and read; with `stall` the stalled ones do not read
 *   reach HEAD    print a line when each subscriber that reads has got HEAD
 *   finish HEAD   let all of them read up to HEAD; then print the report and exit
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "json.h"
#include "load.h"
#include "process.h"

enum { retry_ms = 200, tick_ms = 20, listen_ms = 500 };

struct follower {
    struct stream stream;
    bool connected, subscribed, stalls;
    bool ended;        /* by the other side; pending data can be read */
    uint64_t last;     /* the number of the newest event that it got */
    uint64_t retry_ns; /* when it reconnects */
};

enum mode { mode_rest, mode_live, mode_stall };

static const struct options *options;
static int poll_fd;
static struct follower *followers;
static enum mode mode = mode_rest;
static uint64_t goal, drop_ns;
static bool waits, finishes;
static uint64_t deliveries, connects, drops, gaps, repeats, invalid;

static uint64_t in_ms(long ms) { return now_ns() + (uint64_t)ms * 1000000; }

/* -- What arrives -- */

static uint64_t seq_of(const char *text, size_t length) {
    static const char key[] = "\"seq\":";
    const char *found = memmem(text, length, key, sizeof key - 1);
    return found ? strtoull(found + sizeof key - 1, NULL, 10) : 0;
}

static void take_event(struct follower *follower, const char *text, size_t length) {
    uint64_t seq = seq_of(text, length);
    if (seq == follower->last + 1) {
        follower->last = seq;
        deliveries++;
        return;
    }
    if (seq == 0) invalid++;
    else if (seq <= follower->last) repeats++;
    else gaps++;
    show_fault("not the event that comes next", text, length);
    if (seq > follower->last) follower->last = seq;
}

static void take_line(void *owner, char *text, size_t length) {
    struct follower *follower = owner;
    if (follower->subscribed) return take_event(follower, text, length);
    follower->subscribed = is_result(text, length);
    if (follower->subscribed) return;
    invalid++;
    show_fault("cannot subscribe", text, length);
}

/* -- Connections -- */

static bool subscribe(struct follower *follower) {
    char request[160], place[24] = "\"start\"";
    if (follower->last) snprintf(place, sizeof place, "%" PRIu64, follower->last);
    snprintf(request, sizeof request,
             "{\"jsonrpc\":\"2.0\",\"id\":%%id,\"method\":\"status.subscribe\",\"params\":{\"from\":%s}}", place);
    return try_send_request(&follower->stream, request);
}

static bool reads(const struct follower *follower) {
    return !follower->stalls || mode != mode_stall || follower->ended;
}

static void watch(struct follower *follower) {
    stream_watch(&follower->stream, poll_fd, follower, reads(follower), false);
}

static void disconnect(struct follower *follower) {
    stream_close(&follower->stream);
    follower->connected = follower->subscribed = follower->ended = false;
    follower->retry_ns = in_ms(rand() % retry_ms);
}

static void connect_one(struct follower *follower) {
    follower->connected = try_connect_to(&options->target, &follower->stream);
    if (!follower->connected) {
        follower->retry_ns = in_ms(rand() % retry_ms);
        return;
    }
    connects++;
    if (subscribe(follower)) watch(follower);
    else disconnect(follower);
}

static void serve(struct follower *follower) {
    if (!stream_receive(&follower->stream, take_line, follower)) disconnect(follower);
}

/* Detects the end of a connection that is not read. */
static void look_for_end(struct follower *follower) {
    struct pollfd wanted = {.fd = follower->stream.fd, .events = POLLRDHUP};
    follower->ended = poll(&wanted, 1, 0) > 0;
    watch(follower);
}

/* Runs the timed work: reconnects, checks stalled connections for their end, and drops one connection. */
static void keep_time(void) {
    uint64_t now = now_ns();
    for (long number = 0; number < options->followers; number++) {
        struct follower *follower = &followers[number];
        if (!follower->connected && mode != mode_rest && now >= follower->retry_ns) connect_one(follower);
        else if (follower->connected && !reads(follower)) look_for_end(follower);
    }
    if (options->drop_ms == 0 || now < drop_ns) return;
    drop_ns = in_ms(options->drop_ms);
    struct follower *chosen = &followers[rand() % options->followers];
    if (!chosen->connected || !reads(chosen)) return;
    drops++;
    disconnect(chosen);
}

/* -- What is told -- */

static void set_mode(enum mode wanted) {
    mode = wanted;
    for (long number = 0; number < options->followers; number++) {
        struct follower *follower = &followers[number];
        if (!follower->connected) continue;
        if (mode == mode_rest) disconnect(follower);
        else watch(follower);
    }
}

static void obey(const char *line) {
    char word[16];
    uint64_t place = 0;
    if (sscanf(line, "%15s %" SCNu64, word, &place) < 1) return;
    if (!strcmp(word, "rest")) set_mode(mode_rest);
    else if (!strcmp(word, "live")) set_mode(mode_live);
    else if (!strcmp(word, "stall")) set_mode(mode_stall);
    else if (!strcmp(word, "reach")) waits = true;
    else if (!strcmp(word, "finish")) waits = finishes = true;
    else die("obey %s", line);
    if (finishes) set_mode(mode_live);
    if (waits) goal = place;
}

/* Reads commands. Returns false if the controlling process has closed standard input. */
static bool take_orders(void) {
    static char text[256];
    static size_t used;
    ssize_t got = read(STDIN_FILENO, text + used, sizeof text - 1 - used);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    used += (size_t)got;
    text[used] = 0;
    char *start = text, *end;
    for (; (end = strchr(start, '\n')) != NULL; start = end + 1) {
        *end = 0;
        obey(start);
    }
    used = strlen(start);
    memmove(text, start, used);
    return true;
}

static bool is_reached(void) {
    for (long number = 0; number < options->followers; number++) {
        const struct follower *follower = &followers[number];
        bool counts = !follower->stalls || mode == mode_live;
        if (counts && follower->last < goal) return false;
    }
    return true;
}

static uint64_t report(void) {
    uint64_t faults = gaps + repeats + invalid, ahead = 0;
    /* A subscriber beyond the head has events that never existed. */
    for (long number = 0; number < options->followers; number++) ahead += followers[number].last != goal;
    faults += ahead;
    printf("{\"subscribers\":%ld,\"stalled\":%ld,\"head\":%" PRIu64 ",\"deliveries\":%" PRIu64 ",\"connects\":%" PRIu64
           ",\"drops\":%" PRIu64, options->followers, options->stalled, goal, deliveries, connects, drops);
    printf(",\"gaps\":%" PRIu64 ",\"repeats\":%" PRIu64 ",\"invalid\":%" PRIu64 ",\"ahead\":%" PRIu64, gaps, repeats,
           invalid, ahead);
    printf(",\"faults\":%" PRIu64 "}\n", faults);
    return faults;
}

static void take_some(void) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll_fd, events, 256, tick_ms);
    if (ready < 0 && errno != EINTR) die("wait for events: %s", strerror(errno));
    for (int at = 0; at < ready; at++) serve(events[at].data.ptr);
}

/* Any further event is a duplicate. */
static uint64_t listen_on(void) {
    for (uint64_t end_ns = in_ms(listen_ms); now_ns() < end_ns;) take_some();
    return report();
}

uint64_t follow(const struct options *all) {
    options = all;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    followers = calloc((size_t)all->followers, sizeof *followers);
    if (!followers) die("get memory for %ld subscribers", all->followers);
    for (long number = 0; number < all->stalled; number++) followers[number].stalls = true;
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    setlinebuf(stdout);
    uint64_t due_ns = 0;
    while (take_orders() || finishes) {
        take_some();
        if (now_ns() >= due_ns) {
            keep_time();
            due_ns = in_ms(tick_ms);
        }
        if (!waits || !is_reached()) continue;
        if (finishes) return listen_on();
        waits = false;
        printf("reached\n");
    }
    die("go on, nobody says how");
}
