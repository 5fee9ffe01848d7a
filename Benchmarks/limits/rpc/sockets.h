/* Unix and TCP sockets (IPv4, numeric), listening and connected. A function that cannot ends the program. */
#pragma once
#include <stdbool.h>

#include "stream.h"

int listen_unix(const char *path);
int listen_tcp(const char *address);

/* Accepts one connection, non-blocking; -1 where none waits. */
int accept_one(int listener);

/* Where a client connects: `unix_path` or else `tcp` ("127.0.0.1:4700"); with `websocket_path` it asks for WebSocket there. */
struct target {
    const char *unix_path, *tcp, *websocket_path;
};

struct stream connect_to(const struct target *target);

/* False where nobody takes the connection. */
bool try_connect_to(const struct target *target, struct stream *stream);
