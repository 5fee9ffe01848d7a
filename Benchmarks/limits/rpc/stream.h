/* Messages over a non-blocking socket, as lines or as WebSocket text frames. One read or write may contain several messages. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* `detect` is a server's state before the first byte: "GET …" selects WebSocket, any other text selects lines. */
enum framing { framing_detect, framing_lines, framing_frames };

struct stream {
    int fd;
    enum framing framing;
    bool is_client;
    uint32_t watched;      /* the events that epoll reports for it now */
    struct buffer partial; /* the start of a message whose end has not arrived */
    struct buffer pending; /* output that the socket has not accepted yet … */
    size_t pending_sent;   /* … and how much of it was accepted since */
};

/* Receives a message. It may change the text in place; the text is invalid afterwards. */
typedef void message_taker(void *owner, char *text, size_t length);

/* Adds a message with the framing of this stream. */
void stream_frame(const struct stream *stream, struct buffer *out, const char *text, size_t length);

/* Reads once and passes on every complete message. Returns false if the other side has ended or broken the connection. */
bool stream_receive(struct stream *stream, message_taker *take, void *owner);

/* Writes what the socket accepts and keeps the rest. Returns false if the connection is broken. */
bool stream_send(struct stream *stream, const char *bytes, size_t length);

/* Writes pending output. Returns false if the connection is broken. */
bool stream_flush(struct stream *stream);

static inline bool stream_is_full(const struct stream *stream) { return stream->pending.used > 0; }

/* Makes `epoll` report `owner` when the stream is readable or writable. */
void stream_watch(struct stream *stream, int epoll, void *owner, bool reads, bool writes);

void stream_close(struct stream *stream);
