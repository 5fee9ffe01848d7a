#include "stream.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"
#include "websocket.h"

enum { read_bytes = 256 << 10, message_bytes = 1 << 20 };

/* All streams are read into one buffer, which stays in the cache. Only the start of an incomplete message is copied. */
static char arrived[message_bytes + read_bytes];

void stream_frame(const struct stream *stream, struct buffer *out, const char *text, size_t length) {
    if (stream->framing == framing_frames) {
        frame_add(out, frame_text, text, length, stream->is_client);
    } else {
        buffer_add(out, text, length);
        buffer_add(out, "\n", 1);
    }
}

static ssize_t take_lines(char *bytes, size_t length, message_taker *take, void *owner) {
    char *at = bytes, *end = bytes + length, *newline;
    while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        if (newline > at) take(owner, at, (size_t)(newline - at));
        at = newline + 1;
    }
    return at - bytes;
}

static bool control(struct stream *stream, const struct frame *frame) {
    if (frame->opcode == frame_pong) return true;
    if (frame->opcode != frame_ping && frame->opcode != frame_close) return false;
    struct buffer out = {0};
    bool is_ping = frame->opcode == frame_ping;
    frame_add(&out, is_ping ? frame_pong : frame_close, frame->text, frame->length, stream->is_client);
    bool sent = stream_send(stream, out.data, out.used);
    buffer_free(&out);
    return sent && is_ping;
}

static ssize_t take_frames(struct stream *stream, char *bytes, size_t length, message_taker *take, void *owner) {
    size_t taken = 0;
    struct frame frame;
    while (taken < length) {
        ssize_t size = frame_read(bytes + taken, length - taken, &frame);
        if (size < 0) return -1;
        if (size == 0) break;
        taken += (size_t)size;
        if (frame.opcode == frame_text)
            take(owner, frame.text, frame.length);
        else if (!control(stream, &frame))
            return -1;
    }
    return (ssize_t)taken;
}

static ssize_t take_handshake(struct stream *stream, const char *bytes, size_t length) {
    size_t head = http_head_length(bytes, length);
    if (head == 0) return 0;
    struct buffer out = {0};
    bool sent = websocket_accept(&out, bytes, head) && stream_send(stream, out.data, out.used);
    buffer_free(&out);
    stream->framing = framing_frames;
    return sent ? (ssize_t)head : -1;
}

/* Passes complete messages to `take`. Returns the number of bytes that were used, or -1 if they are invalid. */
static ssize_t take_messages(struct stream *stream, char *bytes, size_t length, message_taker *take, void *owner) {
    ssize_t head = 0;
    if (stream->framing == framing_detect) {
        if (bytes[0] != 'G') stream->framing = framing_lines;
        else if ((head = take_handshake(stream, bytes, length)) <= 0) return head;
    }
    if (stream->framing == framing_lines) return take_lines(bytes, length, take, owner);
    ssize_t taken = take_frames(stream, bytes + head, length - (size_t)head, take, owner);
    return taken < 0 ? -1 : head + taken;
}

bool stream_receive(struct stream *stream, message_taker *take, void *owner) {
    size_t kept = stream->partial.used;
    ssize_t got = recv(stream->fd, arrived + kept, read_bytes, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (kept) memcpy(arrived, stream->partial.data, kept);
    size_t length = kept + (size_t)got;
    ssize_t taken = take_messages(stream, arrived, length, take, owner);
    if (taken < 0 || length - (size_t)taken > message_bytes) return false;
    stream->partial.used = 0;
    buffer_add(&stream->partial, arrived + taken, length - (size_t)taken);
    return true;
}

/* Returns the number of bytes that the socket accepted, or -1 if it is broken. */
static ssize_t write_some(int fd, const char *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t sent = send(fd, bytes + done, length - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) done += (size_t)sent;
        else if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        else if (errno != EINTR) return -1;
    }
    return (ssize_t)done;
}

bool stream_send(struct stream *stream, const char *bytes, size_t length) {
    ssize_t sent = 0;
    if (!stream_is_full(stream)) sent = write_some(stream->fd, bytes, length);
    if (sent < 0) return false;
    buffer_add(&stream->pending, bytes + sent, length - (size_t)sent);
    return true;
}

bool stream_flush(struct stream *stream) {
    ssize_t sent = write_some(stream->fd, stream->pending.data + stream->pending_sent,
                              stream->pending.used - stream->pending_sent);
    if (sent < 0) return false;
    stream->pending_sent += (size_t)sent;
    if (stream->pending_sent == stream->pending.used) {
        stream->pending_sent = 0;
        buffer_free(&stream->pending);
    }
    return true;
}

void stream_watch(struct stream *stream, int epoll, void *owner, bool reads, bool writes) {
    uint32_t wanted = (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
    if (wanted == stream->watched) return;
    struct epoll_event event = {.events = wanted, .data.ptr = owner};
    int operation = stream->watched == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (epoll_ctl(epoll, operation, stream->fd, &event)) die("watch a socket: %s", strerror(errno));
    stream->watched = wanted;
}

void stream_close(struct stream *stream) {
    close(stream->fd);
    buffer_free(&stream->partial);
    buffer_free(&stream->pending);
}
