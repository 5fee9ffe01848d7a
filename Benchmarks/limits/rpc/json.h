/* The members of JSON-RPC messages, found in one shallow pass: nothing is decoded and nothing is copied. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A piece of the text that was read; without a start where the member is absent. */
struct span {
    const char *start;
    size_t length;
};

struct message {
    struct span id, method, params, result;
};

/* The messages of one text: one, or those of a batch. */
struct reader {
    const char *at, *end;
    bool batch, begun;
};

struct reader reader_of(const char *text, size_t length);

/* 1: a message was read; 0: there are no more; -1: this is not JSON-RPC. */
int reader_next(struct reader *reader, struct message *message);

/* Whether a member is exactly this text, quotation marks of a string included. */
static inline bool span_is(struct span span, const char *text) {
    size_t length = strlen(text);
    return span.length == length && !memcmp(span.start, text, length);
}
