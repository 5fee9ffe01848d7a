#include "json.h"

#include <stdint.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
    return at;
}

/* Sets the highest bit of the lowest byte in `word` that equals `byte`; higher bits are undefined. */
static uint64_t mark(uint64_t word, unsigned char byte) {
    const uint64_t ones = 0x0101010101010101;
    word ^= ones * byte;
    return (word - ones) & ~word & ones * 0x80;
}

/* Finds the next quotation mark or backslash, eight bytes at a time; the first byte in memory is the lowest. */
static const char *find_special(const char *at, const char *end) {
    for (uint64_t word; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        uint64_t marks = mark(word, '"') | mark(word, '\\');
        if (marks) return at + __builtin_ctzll(marks) / 8;
    }
    while (at < end && *at != '"' && *at != '\\') at++;
    return at;
}

/* Skips from after a string's first quotation mark to after its last; returns NULL if the string has no end. */
static const char *skip_string(const char *at, const char *end) {
    while ((at = find_special(at, end)) < end) {
        if (*at == '"') return at + 1;
        at += 2;
        if (at > end) break;
    }
    return NULL;
}

static const char *skip_nested(const char *at, const char *end) {
    for (int depth = 0; at < end;) {
        char byte = *at++;
        if (byte == '"') {
            at = skip_string(at, end);
            if (!at) return NULL;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            if (--depth == 0) return at;
        }
    }
    return NULL;
}

static bool ends_scalar(char byte) { return byte == ',' || byte == '}' || byte == ']' || (unsigned char)byte <= ' '; }

static const char *skip_value(const char *at, const char *end) {
    if (at >= end) return NULL;
    if (*at == '"') return skip_string(at + 1, end);
    if (*at == '{' || *at == '[') return skip_nested(at, end);
    while (at < end && !ends_scalar(*at)) at++;
    return at;
}

static void keep(struct message *message, struct span key, struct span value) {
    if (key.length == 4 && !memcmp(key.start, "\"id\"", 4)) message->id = value;
    if (key.length != 8) return;
    if (!memcmp(key.start, "\"method\"", 8)) message->method = value;
    if (!memcmp(key.start, "\"params\"", 8)) message->params = value;
    if (!memcmp(key.start, "\"result\"", 8)) message->result = value;
}

/* Reads a member's value. Returns the position of the next key or of the object's end, or NULL if neither follows. */
static const char *read_value(const char *at, const char *end, struct span key, struct message *message) {
    struct span value = {skip_space(at, end), 0};
    at = skip_value(value.start, end);
    if (!at || at == value.start) return NULL;
    value.length = (size_t)(at - value.start);
    keep(message, key, value);
    at = skip_space(at, end);
    if (at < end && *at == '}') return at;
    if (at >= end || *at != ',') return NULL;
    at = skip_space(at + 1, end);
    return at < end && *at == '"' ? at : NULL;
}

static const char *read_member(const char *at, const char *end, struct message *message) {
    struct span key = {at, 0};
    at = skip_string(at + 1, end);
    if (!at) return NULL;
    key.length = (size_t)(at - key.start);
    at = skip_space(at, end);
    return at < end && *at == ':' ? read_value(at + 1, end, key, message) : NULL;
}

/* Reads one object. Returns the position after it, or NULL if there is no object. */
static const char *read_object(const char *at, const char *end, struct message *message) {
    /* Nearly all messages begin with this text, which is skipped without parsing. */
    static const char usual[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    const size_t length = sizeof usual - 1;
    *message = (struct message){0};
    if ((size_t)(end - at) > length && !memcmp(at, usual, length)) {
        at = read_value(at + length, end, (struct span){"\"id\"", 4}, message);
    } else {
        if (at >= end || *at != '{') return NULL;
        at = skip_space(at + 1, end);
    }
    while (at && at < end && *at == '"') at = read_member(at, end, message);
    return at && at < end && *at == '}' ? at + 1 : NULL;
}

struct reader reader_of(const char *text, size_t length) {
    struct reader reader = {skip_space(text, text + length), text + length, false, false};
    if (reader.at < reader.end && *reader.at == '[') {
        reader.batch = true;
        reader.at++;
    }
    return reader;
}

static bool is_end(struct reader *reader) {
    reader->at = skip_space(reader->at, reader->end);
    return reader->at == reader->end;
}

int reader_next(struct reader *reader, struct message *message) {
    bool end = is_end(reader);
    if (!reader->batch && reader->begun) return end ? 0 : -1;
    if (end) return -1;
    if (reader->batch && *reader->at == ']') {
        reader->at++;
        return is_end(reader) ? 0 : -1;
    }
    if (reader->batch && reader->begun) {
        if (*reader->at++ != ',' || is_end(reader)) return -1;
    }
    reader->begun = true;
    reader->at = read_object(reader->at, reader->end, message);
    return reader->at ? 1 : -1;
}
