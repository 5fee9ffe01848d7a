/* As much of RFC 6455 as JSON-RPC needs: the handshake of either side, and whole frames; a fragmented message is refused. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"

enum { frame_text = 1, frame_close = 8, frame_ping = 9, frame_pong = 10 };

struct frame {
    int opcode;
    char *text;
    size_t length;
};

/* The length of an HTTP head with its empty line; 0 where that has not arrived. */
size_t http_head_length(const char *text, size_t length);

/* The client's request. All connections send the same key: it protects from caches, not from anybody. */
void websocket_ask(struct buffer *out, const char *host, const char *path);

/* Whether a server's head accepts what `websocket_ask` asked for. */
bool websocket_is_accepted(const char *head, size_t length);

/* The server's answer to a request's head; false where it is no WebSocket request. */
bool websocket_accept(struct buffer *out, const char *head, size_t length);

/* Adds a whole frame; what clients send is masked. */
void frame_add(struct buffer *out, int opcode, const char *text, size_t length, bool masked);

/* Reads one frame and unmasks it in place. Returns its length, 0 where it has not wholly arrived, -1 where it is none. */
ssize_t frame_read(char *bytes, size_t length, struct frame *frame);
