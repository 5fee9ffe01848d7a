/* A growable byte buffer. A zeroed buffer is empty and owns no memory. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    char *data;
    size_t used, size;
};

void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_free(struct buffer *buffer);

static inline void buffer_add(struct buffer *buffer, const void *bytes, size_t length) {
    if (length == 0) return;
    if (buffer->size - buffer->used < length) buffer_reserve(buffer, length);
    memcpy(buffer->data + buffer->used, bytes, length);
    buffer->used += length;
}

static inline void buffer_text(struct buffer *buffer, const char *text) { buffer_add(buffer, text, strlen(text)); }

/* Adds a number in decimal. */
void buffer_number(struct buffer *buffer, uint64_t number);
