/* SHA-1 (FIPS 180-4) and base64 (RFC 4648), which the WebSocket handshake needs. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The SHA-1 of fewer than 120 bytes: two blocks with their padding. */
void sha1_of_short(const char *text, size_t length, uint8_t digest[20]);

/* Writes 4 characters for each 3 bytes or part of them, and a zero. */
void base64(const uint8_t *bytes, size_t length, char *text);
