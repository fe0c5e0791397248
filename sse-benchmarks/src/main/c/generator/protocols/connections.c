// Connections over TLS or HTTP/2, and their clients. The lasting clients are assigned to the connections in turn, so
// that each connection has some of the stalled ones. A client that leaves after a few events has its own connection.
#define _GNU_SOURCE
#include "protocols.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { READ_BYTES = 256 * 1024 };

int64_t arrived_at;
static connection *connections;
static int shared_connections;
static int64_t opened, closed_with_clients;
static char read_buffer[READ_BYTES];

void protocols_init(void) {
    shared_connections = (opt.clients + opt.streams - 1) / opt.streams;
    connections = calloc((size_t)(shared_connections + client_places - opt.clients), sizeof *connections);
    if (!connections) fail("no memory for the connections");
    if (opt.tls) tls_init();
    if (opt.http2) http2_init();
}

bool connection_lives(const connection *x) { return x->state != UNOPENED && x->state != CLOSED; }

static uint32_t id_of(const connection *x) { return CONNECTION_ID | (uint32_t)(x - connections); }

static connection *connection_of(const client *c) {
    int i = (int)(c - clients);
    return &connections[i < opt.clients ? i % shared_connections : shared_connections + i - opt.clients];
}

static client *first_client(const connection *x) {
    int i = (int)(x - connections);
    return &clients[i < shared_connections ? i : opt.clients + i - shared_connections];
}

static void for_each_client(connection *x, void (*use)(connection *, client *)) {
    int i = (int)(first_client(x) - clients), end = i < opt.clients ? opt.clients : i + 1;
    for (; i < end; i += shared_connections)
        if (clients[i].connection == x) use(x, &clients[i]);
}

static void release(connection *x) {
    if (x->session) nghttp2_session_del(x->session);
    if (x->ssl) SSL_free(x->ssl);
    x->session = NULL;
    x->ssl = NULL;
    x->out_from = x->out_to = 0;
    x->state = UNOPENED;
}

static void close_connection(connection *x, bool reset) {
    if (!connection_lives(x)) return;
    if (x->ssl) tls_end(x, reset);
    close_socket(x->fd, reset);
    x->state = CLOSED;
    if (!x->busy) release(x);
}

static void lose(connection *x, client *c) {
    (void)x;
    if (c->state == CONNECTING || c->state == HEAD || c->state == STREAMING) client_lost(c);
}

void connection_failed(connection *x) {
    if (x->state == UP) closed_with_clients++;
    close_connection(x, false);
    for_each_client(x, lose);
}

static void set_blocked(connection *x, bool blocked) {
    if (blocked == x->blocked) return;
    x->blocked = blocked;
    loop_change(x->fd, id_of(x), blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void connection_append(connection *x, const void *bytes, size_t n) {
    if (x->out_to + n > x->out_size) {
        x->out_size = (x->out_to + n) * 2;
        x->out = realloc(x->out, x->out_size);
        if (!x->out) fail("no memory for what a connection sends");
    }
    memcpy(x->out + x->out_to, bytes, n);
    x->out_to += n;
}

void connection_flush(connection *x) {
    for (;;) {
        if (x->out_from == x->out_to) {
            x->out_from = x->out_to = 0;
            if (x->session) http2_output(x);
            if (!x->out_to) break;
        }
        const char *from = x->out + x->out_from;
        size_t left = x->out_to - x->out_from;
        ssize_t n = x->ssl ? tls_write(x, from, left) : send(x->fd, from, left, MSG_NOSIGNAL);
        if (n <= 0) { // a broken connection is closed by the next read
            set_blocked(x, true);
            return;
        }
        x->out_from += (size_t)n;
    }
    set_blocked(x, false);
}

static void ask(connection *x, client *c) {
    if (c->state != CONNECTING) return;
    c->state = HEAD;
    if (x->session) {
        http2_request(x, c);
        return;
    }
    char text[2048];
    connection_append(x, text, (size_t)client_request(c, text, sizeof text));
}

void connection_up(connection *x) {
    x->state = UP;
    if (opt.http2) http2_begin(x);
    for_each_client(x, ask);
    connection_flush(x);
}

static void open_connection(connection *x) {
    *x = (connection){.fd = tcp_socket(false), .state = OPENING, .out = x->out, .out_size = x->out_size};
    opened++;
    if (opt.tls) tls_begin(x);
    if (connect_to(x->fd, opt.port) && errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    loop_watch(x->fd, id_of(x), EPOLLOUT);
}

void connection_attach(client *c) {
    connection *x = connection_of(c);
    c->connection = x;
    if (!connection_lives(x)) open_connection(x);
    x->open_streams++;
    if (x->state != UP) return; // the requests follow when it is up
    ask(x, c);
    connection_flush(x);
}

void connection_detach(client *c, bool reset) {
    connection *x = c->connection;
    c->connection = NULL;
    if (!connection_lives(x)) return;
    if (--x->open_streams <= 0) {
        close_connection(x, reset);
    } else if (c->stream_id > 0) {
        http2_reset(x, c);
        if (!x->busy) connection_flush(x);
    }
}

void connection_resume(client *c) {
    connection *x = c->connection;
    if (!x->session) return;
    http2_resume(x, c);
    connection_flush(x);
}

void connection_bytes(connection *x, const char *bytes, size_t n) {
    if (x->session) http2_bytes(x, bytes, n);
    else client_bytes(first_client(x), bytes, n, arrived_at);
}

static void established(connection *x) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(x->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        connection_failed(x);
        return;
    }
    loop_change(x->fd, id_of(x), EPOLLIN);
    if (!opt.tls) {
        connection_up(x);
        return;
    }
    x->state = SHAKING_HANDS;
    tls_bytes(x, NULL, 0);
}

static void receive(connection *x) {
    ssize_t n = recv(x->fd, read_buffer, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        connection_failed(x);
        return;
    }
    bytes_received += n;
    arrived_at = now_ns();
    if (x->ssl) tls_bytes(x, read_buffer, (size_t)n);
    else connection_bytes(x, read_buffer, (size_t)n);
    if (x->state == UP && x->session) connection_flush(x);
}

void connection_ready(uint32_t number, uint32_t events) {
    connection *x = &connections[number];
    if (!connection_lives(x)) return;
    x->busy = true;
    if (x->state == OPENING) {
        established(x);
    } else {
        if (events & EPOLLOUT) connection_flush(x);
        if (events & ~(uint32_t)EPOLLOUT) receive(x);
    }
    x->busy = false;
    if (x->state == CLOSED) release(x);
}

void protocols_put(void) {
    if (opt.tls) tls_put();
    if (opt.gzip) gzip_put();
    if (!opt.tls && !opt.http2) return;
    put("connectionsOpened", (double)opened);
    put("connectionsLost", (double)closed_with_clients);
}
