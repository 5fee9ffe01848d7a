#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "process.h"
#include "websocket.h"

enum { backlog = 4096, patience_seconds = 10 };

static struct sockaddr_un unix_address(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) die("use so long a socket path: %s", path);
    strcpy(address.sun_path, path);
    return address;
}

static struct sockaddr_in tcp_address(const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host) die("read %s as HOST:PORT", text);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("read %s as an IPv4 address", host);
    return address;
}

static int open_socket(int family) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("open a socket: %s", strerror(errno));
    return fd;
}

static void set(int fd, int level, int option) {
    int on = 1;
    setsockopt(fd, level, option, &on, sizeof on);
}

/* A listener is non-blocking, so that all waiting connections can be accepted in one loop. */
static int listening(int fd, const void *address, socklen_t length, const char *name) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (bind(fd, address, length) || listen(fd, backlog)) die("listen on %s: %s", name, strerror(errno));
    return fd;
}

int listen_unix(const char *path) {
    struct sockaddr_un address = unix_address(path);
    unlink(path);
    return listening(open_socket(AF_UNIX), &address, sizeof address, path);
}

int listen_tcp(const char *text) {
    struct sockaddr_in address = tcp_address(text);
    int fd = open_socket(AF_INET);
    set(fd, SOL_SOCKET, SO_REUSEADDR);
    /* Accepted connections inherit this option. */
    set(fd, IPPROTO_TCP, TCP_NODELAY);
    return listening(fd, &address, sizeof address, text);
}

int accept_one(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) die("accept: %s", strerror(errno));
    return fd;
}

/* Connects; returns -1 if that fails. */
static int connected(const struct target *target) {
    int fd, failed;
    if (target->unix_path) {
        struct sockaddr_un address = unix_address(target->unix_path);
        fd = open_socket(AF_UNIX);
        failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    } else {
        struct sockaddr_in address = tcp_address(target->tcp);
        fd = open_socket(AF_INET);
        set(fd, IPPROTO_TCP, TCP_NODELAY);
        failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    }
    if (!failed) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* After its response head the server sends nothing unasked, so that these reads end where the head ends. */
static void shake_hands(int fd, const struct target *target) {
    struct buffer ask = {0};
    struct timeval patience = {.tv_sec = patience_seconds};
    char head[4096];
    size_t length = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    websocket_ask(&ask, target->tcp ? target->tcp : "localhost", target->websocket_path);
    if (send(fd, ask.data, ask.used, MSG_NOSIGNAL) != (ssize_t)ask.used) die("ask for WebSocket: %s", strerror(errno));
    buffer_free(&ask);
    while (http_head_length(head, length) == 0) {
        ssize_t got = length < sizeof head ? recv(fd, head + length, sizeof head - length, 0) : -1;
        if (got <= 0) die("get an answer to the WebSocket handshake");
        length += (size_t)got;
    }
    if (!websocket_is_accepted(head, length)) die("get WebSocket: %.*s", (int)length, head);
}

bool try_connect_to(const struct target *target, struct stream *stream) {
    *stream = (struct stream){.fd = connected(target), .framing = framing_lines, .is_client = true};
    if (stream->fd < 0) return false;
    if (target->websocket_path) {
        shake_hands(stream->fd, target);
        stream->framing = framing_frames;
    }
    return true;
}

struct stream connect_to(const struct target *target) {
    struct stream stream;
    if (try_connect_to(target, &stream)) return stream;
    die("connect to %s: %s", target->unix_path ? target->unix_path : target->tcp, strerror(errno));
}
