/* The part of RFC 6455 that JSON-RPC needs: the handshake of both sides, and unfragmented frames. Fragments are refused. */
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

/* Returns the length of an HTTP head with its empty line, or 0 if it has not arrived completely. */
size_t http_head_length(const char *text, size_t length);

/* Adds the client's request. All connections use the same key: the key only protects against caches. */
void websocket_ask(struct buffer *out, const char *host, const char *path);

/* Returns whether a server's head accepts the request of `websocket_ask`. */
bool websocket_is_accepted(const char *head, size_t length);

/* Adds the server's response to a request's head. Returns false if it is not a WebSocket request. */
bool websocket_accept(struct buffer *out, const char *head, size_t length);

/* Adds a whole frame. Clients must mask their frames. */
void frame_add(struct buffer *out, int opcode, const char *text, size_t length, bool masked);

/* Reads one frame and unmasks it in place. Returns its length, 0 if it is incomplete, or -1 if it is invalid. */
ssize_t frame_read(char *bytes, size_t length, struct frame *frame);
