// Connections of clients: they come, read, stall and leave.
#define _GNU_SOURCE
#include "generator.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_HEAD = 4096, READ_BYTES = 256 * 1024 };

client *clients;
int client_places, connecting, streaming;
int64_t connects_failed, refused_status, closed_by_server;
const char *last_event_id;
void (*on_client_gone)(client *);
bool stalling = true;
static char read_buffer[READ_BYTES];

void clients_init(int places) {
    client_places = places;
    clients = calloc((size_t)places, sizeof *clients);
    if (!clients) fail("no memory for %d clients", places);
}

static uint32_t id_of(const client *c) { return (uint32_t)(c - clients); }

// Eight addresses of the loopback network, so that none runs out of ports while left connections age.
int tcp_socket(bool small_window) {
    static unsigned opened;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket: %s", strerror(errno));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (small_window) { // so that what it does not read waits in the server and not in the kernel's loopback
        int bytes = 1024, segment = 1448;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + opened++ % 8);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) fail("bind: %s", strerror(errno));
    return fd;
}

int connect_to(int fd, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (struct sockaddr *)&to, sizeof to);
}

void close_socket(int fd, bool reset) {
    if (reset) {
        struct linger at_once = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(fd);
}

// The path of a client: {client} stands for its number.
void client_path(const client *c, char *into, size_t size) {
    const char *place = strstr(opt.events, "{client}");
    if (place)
        snprintf(into, size, "%.*s%u%s", (int)(place - opt.events), opt.events, id_of(c), place + 8);
    else
        snprintf(into, size, "%s", opt.events);
}

int client_request(const client *c, char *into, size_t size) {
    char path[1024];
    client_path(c, path, sizeof path);
    return snprintf(into, size,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n%s%s%s%s\r\n", path,
                    opt.port, opt.gzip ? "Accept-Encoding: gzip\r\n" : "", last_event_id ? "Last-Event-ID: " : "",
                    last_event_id ? last_event_id : "", last_event_id ? "\r\n" : "");
}

void client_open(client *c, bool stalled, bool churner) {
    char *head = c->head ? c->head : malloc(MOST_HEAD);
    void *inflater = c->inflater;
    memset(c, 0, sizeof *c);
    c->head = head;
    c->inflater = inflater;
    c->stalled = stalled;
    c->churner = churner;
    c->opened_at = now_ns();
    c->state = CONNECTING;
    for (int i = 0; i < STREAMS; i++) c->next[i] = churner ? -1 : i < MOST_PUBLISHERS ? published(i) : 0;
    stream_begin(c);
    connecting++;
    if (opt.tls || opt.http2) {
        connection_attach(c);
        return;
    }
    c->fd = tcp_socket(stalled);
    if (connect_to(c->fd, opt.port) && errno != EINPROGRESS) {
        client_lost(c);
        return;
    }
    loop_watch(c->fd, id_of(c), EPOLLOUT);
}

static void gone(client *c, bool reset) {
    if (c->state == STREAMING) streaming--;
    else connecting--;
    c->state = GONE;
    if (c->connection) connection_detach(c, reset);
    else close_socket(c->fd, reset);
    if (on_client_gone) on_client_gone(c);
}

void client_leave(client *c, bool reset) {
    if (c->state == UNUSED || c->state == GONE) return;
    gone(c, reset);
}

void client_lost(client *c) {
    if (c->state == STREAMING) closed_by_server++;
    else connects_failed++;
    gone(c, false);
}

static void connected(client *c) {
    int error = 0;
    socklen_t size = sizeof error;
    char text[2048];
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    int n = client_request(c, text, sizeof text);
    if (error || send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
        client_lost(c);
        return;
    }
    c->state = HEAD;
    loop_change(c->fd, id_of(c), EPOLLIN);
}

void client_accepted(client *c) {
    c->state = STREAMING;
    connecting--;
    streaming++;
    free(c->head);
    c->head = NULL;
    if (c->coded) gzip_begin(c);
}

static void head(client *c, const char *bytes, size_t n, int64_t now) {
    size_t room = MOST_HEAD - 1 - c->head_bytes, taken = n < room ? n : room;
    memcpy(c->head + c->head_bytes, bytes, taken);
    size_t before = c->head_bytes;
    c->head_bytes += (uint16_t)taken;
    c->head[c->head_bytes] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end) {
        if (taken < n) client_lost(c);
        return;
    }
    size_t used = (size_t)(end + 4 - c->head) - before;
    *end = 0;
    if (strncmp(c->head, "HTTP/1.1 200", 12)) {
        refused_status++;
        client_lost(c);
        return;
    }
    c->chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked") != NULL;
    c->coded = strcasestr(c->head, "\r\ncontent-encoding: gzip") != NULL;
    client_accepted(c);
    stream_bytes(c, bytes + used, n - used, now);
    if (c->stalled && c->state == STREAMING) {
        c->paused = 1;
        loop_change(c->fd, id_of(c), EPOLLRDHUP);
    }
}

void client_bytes(client *c, const char *bytes, size_t n, int64_t now) {
    if (c->state == STREAMING) stream_bytes(c, bytes, n, now);
    else if (c->state == HEAD) head(c, bytes, n, now);
}

void client_ready(client *c, uint32_t events) {
    if (c->state == CONNECTING) {
        connected(c);
        return;
    }
    if (c->state != HEAD && c->state != STREAMING) return;
    if (c->paused) {
        if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) client_lost(c);
        return;
    }
    ssize_t n = recv(c->fd, read_buffer, READ_BYTES, 0);
    if (n <= 0) {
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        client_lost(c);
        return;
    }
    bytes_received += n;
    client_bytes(c, read_buffer, (size_t)n, now_ns());
}

void client_resume(client *c) {
    if (c->connection) {
        connection_resume(c);
        return;
    }
    int bytes = 1 << 20;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    c->paused = 0;
    loop_change(c->fd, id_of(c), EPOLLIN);
}

double clients_open(int from, int to, int stalled, double limit) {
    int64_t begin = now_ns(), end = begin + (int64_t)(limit * (double)SECOND);
    for (int i = from; (i < to || connecting) && now_ns() < end;) {
        for (; i < to && connecting < opt.at_once; i++) client_open(&clients[i], i - from < stalled, false);
        loop_once(now_ns() + SECOND / 20);
    }
    return (double)(now_ns() - begin) / (double)SECOND;
}
