/* The limit for bench-rpc: the performance of one thread with epoll and the socket calls for JSON-RPC, with almost no work in
 * between. The reply to every request has its id and {"pong":true}. The replies to all lines of one read are sent with one write.
 *
 *     rpc-echo [--socket PATH] [--listen HOST:PORT] [--http HOST:PORT] [--connections N] [--database PATH]
 *
 * With a database of Aura, the methods that read reply with its rows (rows.c). Clients may use WebSocket at every address and path. Two methods do more: `status.subscribe` makes its connection a
 * subscriber. `bench.publish {count}` writes the next `count` events to all subscribers, with one write each, and then replies.
 * An event's text is computed from its number. So a subscriber that does not read costs no memory beyond one write: the events
 * that it missed are generated again when its socket accepts more. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "buffer.h"
#include "json.h"
#include "process.h"
#include "rows.h"
#include "sockets.h"
#include "stream.h"

enum { events_a_turn = 256, catch_up_events = 64, publish_limit = 1024 };

struct connection {
    struct stream stream;
    bool listens;
    bool ends;     /* the other side sends no more, and gets the pending output */
    long place;    /* index among the subscribers, or -1 */
    uint64_t next; /* a subscriber's next event */
};

static int poll_fd;
static long connections, connection_limit = 20000;
static struct connection **subscribers;
static long subscriber_count, subscriber_room;
static uint64_t head;           /* the last event's number */
static struct buffer replies;   /* to the requests of one read */
static struct buffer reply;     /* one message */

/* -- Events -- */

static void add_event(const struct stream *stream, struct buffer *out, uint64_t seq) {
    static struct buffer text;
    text.used = 0;
    buffer_text(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"status.event\",\"params\":{\"subscription\":\"s1\",");
    buffer_text(&text, "\"result\":{\"seq\":");
    buffer_number(&text, seq);
    buffer_text(&text, ",\"at\":\"2026-11-20T12:00:00.123Z\",\"type\":\"step.started\","
                       "\"instance\":\"01994c5e-7a00-7c3e-9d53-0a4c7f1b2e61\",\"job\":\"01994c5e-7a00-7c3e-9d53-0a4c7f1b2e62\","
                       "\"phase\":\"provisioning\",\"step\":\"server.create\",\"progress\":0.2,"
                       "\"change\":\"01994c5e-7a00-7c3e-9d53-0a4c7f1b2e63\",\"message\":\"creating cx23 in nbg1\"}}}");
    stream_frame(stream, out, text.data, text.used);
}

static void add_events(const struct stream *stream, struct buffer *out, uint64_t first, uint64_t last) {
    out->used = 0;
    for (uint64_t seq = first; seq <= last; seq++) add_event(stream, out, seq);
}

static bool is_behind(const struct connection *connection) { return connection->place >= 0 && connection->next <= head; }

static void watch(struct connection *connection) {
    bool full = stream_is_full(&connection->stream);
    /* A connection that does not accept replies is not read, which bounds its pending output. */
    stream_watch(&connection->stream, poll_fd, connection, !full && !connection->ends, full || is_behind(connection));
}

/* Writes the new events to subscribers that are up to date; the others catch up later. A broken connection is closed when it
 * is served next. */
static void publish(uint64_t count) {
    static struct buffer lines, frames;
    uint64_t first = head + 1;
    head += count;
    lines.used = frames.used = 0;
    for (long at = 0; at < subscriber_count; at++) {
        struct connection *subscriber = subscribers[at];
        if (subscriber->next == first && !stream_is_full(&subscriber->stream)) {
            struct buffer *events = subscriber->stream.framing == framing_frames ? &frames : &lines;
            if (events->used == 0) add_events(&subscriber->stream, events, first, head);
            subscriber->next = head + 1;
            stream_send(&subscriber->stream, events->data, events->used);
        }
        watch(subscriber);
    }
}

static bool catch_up(struct connection *subscriber) {
    static struct buffer events;
    uint64_t last = subscriber->next + catch_up_events - 1;
    if (last > head) last = head;
    add_events(&subscriber->stream, &events, subscriber->next, last);
    subscriber->next = last + 1;
    return stream_send(&subscriber->stream, events.data, events.used);
}

/* -- Requests -- */

static void subscribe(struct connection *connection) {
    if (connection->place < 0) {
        if (subscriber_count == subscriber_room) {
            subscriber_room = subscriber_room ? subscriber_room * 2 : 64;
            subscribers = realloc(subscribers, (size_t)subscriber_room * sizeof *subscribers);
            if (!subscribers) die("get memory for %ld subscribers", subscriber_room);
        }
        connection->place = subscriber_count;
        subscribers[subscriber_count++] = connection;
    }
    connection->next = head + 1;
    buffer_text(&reply, "{\"subscription\":\"s1\",\"head\":");
    buffer_number(&reply, head);
    buffer_add(&reply, "}", 1);
}

static uint64_t count_in(struct span params) {
    const char *count = params.length ? memmem(params.start, params.length, "\"count\":", 8) : NULL;
    uint64_t value = count ? strtoull(count + 8, NULL, 10) : 1;
    return value < publish_limit ? value : publish_limit;
}

static void add_result(struct connection *connection, const struct message *request) {
    if (span_is(request->method, "\"status.subscribe\"")) {
        subscribe(connection);
    } else if (span_is(request->method, "\"bench.publish\"")) {
        publish(count_in(request->params));
        buffer_text(&reply, "{\"head\":");
        buffer_number(&reply, head);
        buffer_add(&reply, "}", 1);
    } else if (!rows_answer(&reply, request->method, request->params)) {
        buffer_text(&reply, "{\"pong\":true}");
    }
}

static void add_error(const char *error) {
    buffer_text(&reply, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":");
    buffer_text(&reply, error);
    buffer_add(&reply, "}", 1);
}

static void add_reply(struct connection *connection, const struct message *request) {
    if (!request->method.start) {
        add_error("{\"code\":-32600,\"message\":\"not a request\"}");
        return;
    }
    if (!request->id.start) return;
    buffer_text(&reply, "{\"jsonrpc\":\"2.0\",\"id\":");
    buffer_add(&reply, request->id.start, request->id.length);
    buffer_text(&reply, ",\"result\":");
    add_result(connection, request);
    buffer_add(&reply, "}", 1);
}

static void answer(void *owner, char *text, size_t length) {
    struct connection *connection = owner;
    struct reader reader = reader_of(text, length);
    struct message request;
    int found;
    reply.used = 0;
    if (reader.batch) buffer_add(&reply, "[", 1);
    while ((found = reader_next(&reader, &request)) > 0) {
        size_t before = reply.used;
        if (before > 1) buffer_add(&reply, ",", 1);
        add_reply(connection, &request);
        if (before > 1 && reply.used == before + 1) reply.used = before;
    }
    if (reader.batch) buffer_add(&reply, "]", 1);
    if (found < 0) {
        reply.used = 0;
        add_error("{\"code\":-32700,\"message\":\"cannot parse this\"}");
    } else if (reader.batch && !reader.begun) {
        reply.used = 0;
        add_error("{\"code\":-32600,\"message\":\"an empty batch\"}");
    }
    if (reply.used > (reader.batch ? 2 : 0)) stream_frame(&connection->stream, &replies, reply.data, reply.used);
}

/* -- Connections -- */

static void finish(struct connection *connection) {
    if (connection->place >= 0) {
        struct connection *last = subscribers[--subscriber_count];
        subscribers[connection->place] = last;
        last->place = connection->place;
    }
    stream_close(&connection->stream);
    free(connection);
    connections--;
}

/* Reads what arrived and replies to all of it with one write. */
static bool take(struct connection *connection) {
    replies.used = 0;
    if (!stream_receive(&connection->stream, answer, connection)) {
        connection->ends = true;
        return stream_is_full(&connection->stream);
    }
    return replies.used == 0 || stream_send(&connection->stream, replies.data, replies.used);
}

static bool write_more(struct connection *connection) {
    if (!stream_flush(&connection->stream)) return false;
    if (stream_is_full(&connection->stream)) return true;
    return !connection->ends && (!is_behind(connection) || catch_up(connection));
}

static void serve(struct connection *connection, uint32_t events) {
    bool lives = true;
    if (events & EPOLLOUT) lives = write_more(connection);
    if (lives && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) lives = take(connection);
    if (lives) watch(connection);
    else finish(connection);
}

static void accept_all(int listener) {
    int fd;
    while ((fd = accept_one(listener)) >= 0) {
        struct connection *connection = connections < connection_limit ? calloc(1, sizeof *connection) : NULL;
        if (!connection) {
            close(fd);
            continue;
        }
        connections++;
        connection->place = -1;
        connection->stream.fd = fd;
        watch(connection);
    }
}

static void listen_at(int fd) {
    struct connection *listener = calloc(1, sizeof *listener);
    if (!listener) die("get memory to listen");
    listener->listens = true;
    listener->stream.fd = fd;
    stream_watch(&listener->stream, poll_fd, listener, true, false);
}

int main(int count, char **arguments) {
    static const struct option options[] = {{"socket", required_argument, NULL, 's'},
                                            {"listen", required_argument, NULL, 't'},
                                            {"http", required_argument, NULL, 't'},
                                            {"connections", required_argument, NULL, 'c'},
                                            {"database", required_argument, NULL, 'd'},
                                            {0}};
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int option;
    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        if (option == 's') listen_at(listen_unix(optarg));
        else if (option == 't') listen_at(listen_tcp(optarg));
        else if (option == 'c') connection_limit = atol(optarg);
        else if (option == 'd') rows_open(optarg);
        else die("understand the options, which are listed at the top of echo.c");
    }
    raise_file_limit((uint64_t)connection_limit + 64);
    struct epoll_event events[events_a_turn];
    for (;;) {
        int ready = epoll_wait(poll_fd, events, events_a_turn, -1);
        if (ready < 0 && errno != EINTR) die("wait for events: %s", strerror(errno));
        for (int at = 0; at < ready; at++) {
            struct connection *connection = events[at].data.ptr;
            if (connection->listens) accept_all(connection->stream.fd);
            else serve(connection, events[at].events);
        }
    }
}
