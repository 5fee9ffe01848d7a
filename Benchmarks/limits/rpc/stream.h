/* Messages over a non-blocking socket, several of them in one read and one write: lines, or WebSocket text frames. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* `detect` is a server's side before the first byte: "GET …" asks for WebSocket, everything else is lines. */
enum framing { framing_detect, framing_lines, framing_frames };

struct stream {
    int fd;
    enum framing framing;
    bool is_client;
    uint32_t watched;      /* the events that epoll reports of it now */
    struct buffer partial; /* the start of a message whose end has not arrived */
    struct buffer pending; /* what the socket would not take yet … */
    size_t pending_sent;   /* … and how much of that it took since */
};

/* What takes a message; its text may be changed in place, and is gone afterwards. */
typedef void message_taker(void *owner, char *text, size_t length);

/* Adds a message with what frames it on this stream. */
void stream_frame(const struct stream *stream, struct buffer *out, const char *text, size_t length);

/* Reads once and hands over every message that is complete. False: the other side has ended or broken the connection. */
bool stream_receive(struct stream *stream, message_taker *take, void *owner);

/* Writes what the socket takes and keeps the rest. False: the connection is broken. */
bool stream_send(struct stream *stream, const char *bytes, size_t length);

/* Writes of what is kept. False: the connection is broken. */
bool stream_flush(struct stream *stream);

static inline bool stream_is_full(const struct stream *stream) { return stream->pending.used > 0; }

/* Makes `epoll` report `owner` when the stream can be read, or written. */
void stream_watch(struct stream *stream, int epoll, void *owner, bool reads, bool writes);

void stream_close(struct stream *stream);
