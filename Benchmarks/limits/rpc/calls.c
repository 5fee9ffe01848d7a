/* Calls: a fixed number of lines in flight on each connection; each answered line is replaced by a new one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "json.h"
#include "load.h"
#include "process.h"

/* A line in flight. The ids of its requests are computed from its round, connection, index and member. So a reply identifies
 * its slot, and a reply for another connection or an earlier round is detected. */
struct slot {
    uint64_t round, sent_ns;
    long unanswered; /* requests; 0 if the line is not in flight */
    bool *answered;  /* by member */
};

struct connection {
    struct stream stream;
    long number, free_count;
    struct slot *slots;
    long *free; /* the indices of slots that are not in flight */
};

enum phase { phase_warmup, phase_measure, phase_drain };

static const struct options *options;
static struct connection *connections;
static int poll_fd;
static enum phase phase;
static uint64_t arrived_ns; /* when the data that is being read arrived; 0 before its first line */
static long lines_in_flight;
static uint64_t calls, errors, unexpected, lost;
static struct histogram latencies;

/* Numbers in a fixed order in which neighbours are far apart, or the id itself, which no other request has. */
static uint64_t number_for(uint64_t id) {
    if (!options->numbers) return id;
    return (id * 0x9E3779B97F4A7C15ull >> 32) % (uint64_t)options->numbers + 1;
}

/* Adds the request's text, with the values in place of %id and %n. */
static void add_request(struct buffer *out, uint64_t id) {
    const char *text = options->request ? options->request : ping_request;
    for (const char *mark; (mark = strchr(text, '%')); ) {
        buffer_add(out, text, (size_t)(mark - text));
        bool is_id = strncmp(mark, "%id", 3) == 0;
        if (!is_id && strncmp(mark, "%n", 2) != 0) die("understand %.3s in the request", mark);
        buffer_number(out, is_id ? id : number_for(id));
        text = mark + (is_id ? 3 : 2);
    }
    buffer_text(out, text);
}

static void *zeroed(long count, size_t size) {
    void *memory = calloc((size_t)count, size);
    if (!memory) die("get memory for %ld of %zu bytes", count, size);
    return memory;
}

static void open_connection(struct connection *connection, long number) {
    connection->number = number;
    connection->stream = connect_to(&options->target);
    connection->slots = zeroed(options->depth, sizeof *connection->slots);
    connection->free = zeroed(options->depth, sizeof *connection->free);
    for (long place = options->depth; place-- > 0;) {
        connection->slots[place].answered = zeroed(options->batch, sizeof(bool));
        connection->free[connection->free_count++] = place;
    }
    stream_watch(&connection->stream, poll_fd, connection, true, false);
}

static uint64_t first_id(const struct connection *connection, long place) {
    uint64_t round = connection->slots[place].round;
    uint64_t line = (round * (uint64_t)options->connections + (uint64_t)connection->number) * (uint64_t)options->depth;
    return (line + (uint64_t)place) * (uint64_t)options->batch;
}

static void add_line(struct connection *connection, long place, struct buffer *out) {
    static struct buffer line;
    uint64_t id = first_id(connection, place);
    line.used = 0;
    if (options->batch > 1) buffer_add(&line, "[", 1);
    for (long member = 0; member < options->batch; member++) {
        if (member) buffer_add(&line, ",", 1);
        add_request(&line, id + (uint64_t)member);
    }
    if (options->batch > 1) buffer_add(&line, "]", 1);
    stream_frame(&connection->stream, out, line.data, line.used);
}

/* Sends lines until the maximum is in flight, with one write. */
static void fill(struct connection *connection) {
    static struct buffer out;
    out.used = 0;
    if (phase == phase_drain || connection->free_count == 0 || stream_is_full(&connection->stream)) return;
    uint64_t now = now_ns();
    while (connection->free_count > 0) {
        long place = connection->free[--connection->free_count];
        struct slot *slot = &connection->slots[place];
        slot->round++;
        slot->sent_ns = now;
        slot->unanswered = options->batch;
        memset(slot->answered, 0, (size_t)options->batch * sizeof(bool));
        add_line(connection, place, &out);
        lines_in_flight++;
    }
    if (!stream_send(&connection->stream, out.data, out.used)) die("send: connection %ld is broken", connection->number);
}

/* Returns the slot and member of an id; NULL if no request with this id is in flight here. */
static struct slot *find(const struct connection *connection, struct span id, uint64_t *member, long *place) {
    uint64_t value = 0;
    if (id.length == 0 || id.length > 19) return NULL;
    for (size_t at = 0; at < id.length; at++) {
        if (id.start[at] < '0' || id.start[at] > '9') return NULL;
        value = value * 10 + (uint64_t)(id.start[at] - '0');
    }
    *member = value % (uint64_t)options->batch;
    *place = (long)(value / (uint64_t)options->batch % (uint64_t)options->depth);
    struct slot *slot = &connection->slots[*place];
    bool waits = slot->unanswered > 0 && value == first_id(connection, *place) + *member && !slot->answered[*member];
    return waits ? slot : NULL;
}

static void take_reply(struct connection *connection, const struct message *reply, const char *text, size_t length) {
    uint64_t member;
    long place;
    struct slot *slot = find(connection, reply->id, &member, &place);
    if (!slot) {
        unexpected++;
        show_fault("a reply to nothing that is in flight", text, length);
        return;
    }
    if (!reply->result.start) {
        errors++;
        show_fault("a reply without a result", text, length);
    }
    slot->answered[member] = true;
    if (phase == phase_measure) {
        calls++;
        histogram_add(&latencies, arrived_ns - slot->sent_ns);
    }
    if (--slot->unanswered > 0) return;
    connection->free[connection->free_count++] = place;
    lines_in_flight--;
}

static void take_line(void *owner, char *text, size_t length) {
    struct reader reader = reader_of(text, length);
    struct message reply;
    int found;
    if (arrived_ns == 0) arrived_ns = now_ns();
    while ((found = reader_next(&reader, &reply)) > 0) take_reply(owner, &reply, text, length);
    if (found < 0) {
        unexpected++;
        show_fault("a line that is no reply", text, length);
    }
}

static void fill_and_watch(struct connection *connection) {
    fill(connection);
    stream_watch(&connection->stream, poll_fd, connection, true, stream_is_full(&connection->stream));
}

/* Sends more lines after an event: on this connection, or with --in-turn on the next one when nothing is in flight. */
static void go_on(struct connection *connection) {
    if (!options->in_turn) fill_and_watch(connection);
    else if (lines_in_flight == 0) fill_and_watch(&connections[(connection->number + 1) % options->connections]);
}

static void serve(struct connection *connection, uint32_t events) {
    if ((events & EPOLLOUT) && !stream_flush(&connection->stream)) die("send: connection %ld is broken", connection->number);
    if (events & ~(uint32_t)EPOLLOUT) {
        arrived_ns = 0;
        if (!stream_receive(&connection->stream, take_line, connection))
            die("go on without connection %ld: the server has closed it", connection->number);
    }
    go_on(connection);
}

/* Serves the connections until a time, or until nothing is in flight. */
static void serve_until(uint64_t end_ns) {
    struct epoll_event events[64];
    uint64_t heard_ns = now_ns();
    for (uint64_t now = heard_ns; now < end_ns && lines_in_flight > 0; now = now_ns()) {
        uint64_t left_ms = (end_ns - now) / 1000000 + 1;
        int ready = epoll_wait(poll_fd, events, 64, left_ms < 100 ? (int)left_ms : 100);
        if (ready < 0 && errno != EINTR) die("wait for replies: %s", strerror(errno));
        for (int at = 0; at < ready; at++) serve(events[at].data.ptr, events[at].events);
        if (ready > 0) heard_ns = now;
        else if (now - heard_ns > patience_ms * 1000000ull) return;
    }
}

static void count_lost(void) {
    for (long number = 0; number < options->connections; number++)
        for (long place = 0; place < options->depth; place++) lost += (uint64_t)connections[number].slots[place].unanswered;
    if (lost) fprintf(stderr, "%" PRIu64 " requests were not answered\n", lost);
}

uint64_t measure_calls(const struct options *all) {
    options = all;
    if (all->request && !strstr(all->request, "%id")) die("find %%id in the request %s", all->request);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections = zeroed(all->connections, sizeof *connections);
    for (long number = 0; number < all->connections; number++) open_connection(&connections[number], number);
    long senders = all->in_turn ? 1 : all->connections;
    for (long number = 0; number < senders; number++) fill(&connections[number]);
    serve_until(now_ns() + (uint64_t)(all->warmup * 1e9));

    phase = phase_measure;
    struct cpu begun_cpu = cpu_now(all);
    uint64_t begun = now_ns();
    serve_until(begun + (uint64_t)(all->seconds * 1e9));
    double seconds = (double)(now_ns() - begun) / 1e9;
    struct cpu ended_cpu = cpu_now(all);

    phase = phase_drain;
    serve_until(now_ns() + patience_ms * 1000000ull);
    count_lost();
    uint64_t faults = errors + unexpected + lost;
    printf("{\"calls\":%" PRIu64 ",\"seconds\":%.3f,\"callsPerSecond\":%.0f", calls, seconds, (double)calls / seconds);
    print_latency(&latencies);
    print_cpu(all, begun_cpu, ended_cpu, calls, "Call");
    printf(",\"errors\":%" PRIu64 ",\"unexpected\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"faults\":%" PRIu64 "}\n", errors,
           unexpected, lost, faults);
    return faults;
}
