/* Listening and connected Unix and TCP sockets (numeric IPv4). A function that fails ends the program. */
#pragma once
#include <stdbool.h>

#include "stream.h"

int listen_unix(const char *path);
int listen_tcp(const char *address);

/* Accepts one connection, non-blocking; returns -1 if none waits. */
int accept_one(int listener);

/* The address of a client's connection: `unix_path`, or else `tcp` ("127.0.0.1:4700"). `websocket_path` requests WebSocket. */
struct target {
    const char *unix_path, *tcp, *websocket_path;
};

struct stream connect_to(const struct target *target);

/* Returns false if it cannot connect. */
bool try_connect_to(const struct target *target, struct stream *stream);
