#include "buffer.h"

#include <stdlib.h>

#include "process.h"

void buffer_reserve(struct buffer *buffer, size_t more) {
    size_t size = buffer->size ? buffer->size : 256;
    while (size - buffer->used < more) size *= 2;
    buffer->data = realloc(buffer->data, size);
    if (!buffer->data) die("get memory for %zu bytes", size);
    buffer->size = size;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_number(struct buffer *buffer, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buffer_add(buffer, digits + at, sizeof digits - at);
}
