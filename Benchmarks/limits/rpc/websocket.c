#include "websocket.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "digest.h"

static const char client_key[] = "YXVyYS1ycGMtbG9hZC0wMQ==";

size_t http_head_length(const char *text, size_t length) {
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    return end ? (size_t)(end - text) + 4 : 0;
}

/* Returns a header's value within a head and sets its length, or returns NULL if the header is absent. */
static const char *header(const char *head, size_t length, const char *name, size_t *value_length) {
    size_t name_length = strlen(name);
    const char *end = head + length, *line = head;
    while ((line = memmem(line, (size_t)(end - line), "\r\n", 2)) != NULL) {
        line += 2;
        if ((size_t)(end - line) <= name_length || strncasecmp(line, name, name_length) || line[name_length] != ':') continue;
        const char *value = line + name_length + 1;
        const char *stop = memmem(value, (size_t)(end - value), "\r\n", 2);
        if (!stop) return NULL;
        while (value < stop && *value == ' ') value++;
        while (stop > value && stop[-1] == ' ') stop--;
        *value_length = (size_t)(stop - value);
        return value;
    }
    return NULL;
}

static bool accept_value(const char *key, size_t length, char value[29]) {
    static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[64 + sizeof suffix];
    if (length > 64) return false;
    memcpy(text, key, length);
    memcpy(text + length, suffix, sizeof suffix - 1);
    uint8_t digest[20];
    sha1_of_short(text, length + sizeof suffix - 1, digest);
    base64(digest, sizeof digest, value);
    return true;
}

void websocket_ask(struct buffer *out, const char *host, const char *path) {
    buffer_text(out, "GET ");
    buffer_text(out, path);
    buffer_text(out, " HTTP/1.1\r\nHost: ");
    buffer_text(out, host);
    buffer_text(out, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
    buffer_text(out, client_key);
    buffer_text(out, "\r\n\r\n");
}

bool websocket_is_accepted(const char *head, size_t length) {
    char wanted[29];
    size_t value_length;
    const char *value = header(head, length, "Sec-WebSocket-Accept", &value_length);
    return length > 12 && !memcmp(head, "HTTP/1.1 101", 12) && value && accept_value(client_key, strlen(client_key), wanted) &&
           value_length == strlen(wanted) && !memcmp(value, wanted, value_length);
}

bool websocket_accept(struct buffer *out, const char *head, size_t length) {
    char value[29];
    size_t key_length;
    const char *key = header(head, length, "Sec-WebSocket-Key", &key_length);
    if (!key || !accept_value(key, key_length, value)) return false;
    buffer_text(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
    buffer_text(out, value);
    buffer_text(out, "\r\n\r\n");
    return true;
}

/* Processes eight bytes at a time: the mask repeats every four. */
static void mask(char *text, size_t length, uint32_t key) {
    uint64_t wide = (uint64_t)key << 32 | key, block;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        memcpy(&block, text + at, 8);
        block ^= wide;
        memcpy(text + at, &block, 8);
    }
    for (; at < length; at++) text[at] ^= ((const char *)&key)[at & 3];
}

/* A mask must look random to intermediate proxies. There are none here, so any sequence is sufficient. */
static uint32_t next_key(void) {
    static uint32_t key = 0x9e3779b9;
    key ^= key << 13;
    key ^= key >> 17;
    key ^= key << 5;
    return key;
}

void frame_add(struct buffer *out, int opcode, const char *text, size_t length, bool masked) {
    uint8_t head[14] = {(uint8_t)(0x80 | opcode)};
    size_t size = 2, extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
    head[1] = (uint8_t)(extended == 0 ? length : extended == 2 ? 126 : 127);
    for (size_t left = extended; left > 0; left--) head[size++] = (uint8_t)(length >> (left - 1) * 8);
    uint32_t key = 0;
    if (masked) {
        head[1] |= 0x80;
        key = next_key();
        memcpy(head + size, &key, 4);
        size += 4;
    }
    buffer_add(out, head, size);
    buffer_add(out, text, length);
    if (masked) mask(out->data + out->used - length, length, key);
}

ssize_t frame_read(char *bytes, size_t length, struct frame *frame) {
    const uint8_t *head = (const uint8_t *)bytes;
    if (length < 2) return 0;
    /* The FIN bit must be set, and the reserved bits must not. */
    if ((head[0] & 0xf0) != 0x80 || (head[0] & 15) == 0) return -1;
    frame->opcode = head[0] & 15;
    size_t payload = head[1] & 127, size = 2;
    size_t extended = payload == 126 ? 2 : payload == 127 ? 8 : 0;
    bool masked = head[1] & 0x80;
    if (length < size + extended + (masked ? 4 : 0)) return 0;
    if (extended) payload = 0;
    for (size_t left = extended; left > 0; left--) payload = payload << 8 | head[size++];
    if (payload > SIZE_MAX / 4) return -1;
    uint32_t key = 0;
    if (masked) {
        memcpy(&key, bytes + size, 4);
        size += 4;
    }
    if (length - size < payload) return 0;
    frame->text = bytes + size;
    frame->length = payload;
    if (masked) mask(frame->text, payload, key);
    return (ssize_t)(size + payload);
}
