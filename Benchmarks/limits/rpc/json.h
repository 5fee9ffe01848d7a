/* Finds the members of JSON-RPC messages in one shallow pass. Nothing is decoded or copied. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A part of the text; `start` is NULL if the member is absent. */
struct span {
    const char *start;
    size_t length;
};

struct message {
    struct span id, method, params, result;
};

/* Reads the messages of one text: a single message or a batch. */
struct reader {
    const char *at, *end;
    bool batch, begun;
};

struct reader reader_of(const char *text, size_t length);

/* Returns 1 if a message was read, 0 if there are no more, -1 if the text is not JSON-RPC. */
int reader_next(struct reader *reader, struct message *message);

/* Returns whether a member is exactly this text, including the quotation marks of a string. */
static inline bool span_is(struct span span, const char *text) {
    size_t length = strlen(text);
    return span.length == length && !memcmp(span.start, text, length);
}
