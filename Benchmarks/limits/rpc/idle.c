/* Idle connections: the server's memory per connection, after one request and its reply. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"
#include "process.h"

enum { settle_seconds = 1 };

static int poll_fd;
static struct stream *streams;
static long unanswered;
static uint64_t faults;

static void take(void *owner, char *text, size_t length) {
    (void)owner;
    unanswered--;
    if (is_result(text, length)) return;
    faults++;
    show_fault("not the result that was asked for", text, length);
}

static void open_one(const struct options *options, struct stream *stream) {
    const char *request = options->subscribes ? subscribe_request : ping_request;
    *stream = connect_to(&options->target);
    send_request(stream, options->request ? options->request : request);
    stream_watch(stream, poll_fd, stream, true, false);
    unanswered++;
}

static void wait_for_answers(void) {
    struct epoll_event events[64];
    while (unanswered > 0) {
        int ready = epoll_wait(poll_fd, events, 64, patience_ms);
        if (ready <= 0) die("get answers on %ld connections", unanswered);
        for (int at = 0; at < ready; at++)
            if (!stream_receive(events[at].data.ptr, take, NULL)) die("keep a connection: the server has closed it");
    }
}

/* Returns the resident memory after a pause in which allocators and timers can release memory. */
static long settled_kib(const struct options *options) {
    sleep(settle_seconds);
    return process_kib(options->server, "VmRSS");
}

uint64_t measure_idle(const struct options *options) {
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    streams = calloc((size_t)options->idle + 1, sizeof *streams);
    if (!streams) die("get memory for %ld connections", options->idle);
    /* The first connection causes the server's one-time allocations. */
    open_one(options, &streams[options->idle]);
    wait_for_answers();
    long before = settled_kib(options);
    for (long number = 0; number < options->idle; number++) open_one(options, &streams[number]);
    wait_for_answers();
    long after = settled_kib(options);
    printf("{\"connections\":%ld,\"subscribed\":%s,\"serverRssBeforeKiB\":%ld,\"serverRssKiB\":%ld,\"connectionKiB\":%.2f,"
           "\"faults\":%" PRIu64 "}\n",
           options->idle, options->subscribes ? "true" : "false", before, after,
           (double)(after - before) / (double)options->idle, faults);
    return faults;
}
