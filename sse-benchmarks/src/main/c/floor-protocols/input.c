// Accepts, reads and closes connections.
#include "floor.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static connection *connections[MOST_FILES];

connection *connection_of(int fd) { return connections[fd]; }

void accept_all(int listener, bool publishes, SSL_CTX *tls) {
    int on = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST_FILES) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = connections[fd] = calloc(1, sizeof *c);
        c->fd = fd;
        c->place = -1;
        c->publishes = publishes;
        c->window = c->first_window = 65535;
        if (tls) {
            c->ssl = SSL_new(tls);
            SSL_set_fd(c->ssl, fd);
            SSL_set_accept_state(c->ssl);
        }
        struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    }
}

void close_connection(connection *c) {
    unsubscribe(c);
    if (c->ssl) SSL_free(c->ssl);
    free(c->input.bytes);
    free(c->waiting.bytes);
    free(c->streams);
    connections[c->fd] = NULL;
    close(c->fd);
    free(c);
}

// Handles the complete HTTP/1.1 requests of the input. Returns false if the connection was closed.
static bool serve_requests(connection *c) {
    static const char accepted[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    size_t from = 0;
    while (from < c->input.used) {
        char *head = c->input.bytes + from, *end = memmem(head, c->input.used - from, "\r\n\r\n", 4);
        if (!end) break;
        size_t whole = (size_t)(end + 4 - head);
        if (c->publishes) {
            *end = 0;
            char *length = strcasestr(head, "\r\ncontent-length:");
            *end = '\r';
            size_t n = length ? (size_t)atol(length + 17) : 0;
            if (from + whole + n > c->input.used) break;
            publish(end + 4, n);
            whole += n;
            if (!send_bytes(c, accepted, sizeof accepted - 1)) return false;
        } else if (!subscribe(c, 0)) {
            return false;
        }
        from += whole;
    }
    c->input.used -= from;
    memmove(c->input.bytes, c->input.bytes + from, c->input.used);
    if (!c->publishes && !c->input.used) {
        free(c->input.bytes);
        c->input = (buffer){0};
    }
    return true;
}

// The number of bytes read, 0 if there are none now, -1 if the connection is to be closed.
static ssize_t read_some(connection *c, char *into, size_t n) {
    if (!c->ssl) {
        ssize_t read = recv(c->fd, into, n, 0);
        return read > 0 ? read : read < 0 && errno == EAGAIN ? 0 : -1;
    }
    int result = SSL_is_init_finished(c->ssl) ? 1 : SSL_accept(c->ssl);
    if (result == 1) {
        result = SSL_read(c->ssl, into, (int)n);
        if (result > 0) return result;
    }
    int error = SSL_get_error(c->ssl, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void readable(connection *c) {
    static char bytes[65536];
    bool publishes = c->publishes;
    for (;;) {
        ssize_t n = read_some(c, bytes, sizeof bytes);
        if (n < 0) close_connection(c);
        if (n <= 0) break;
        append(&c->input, bytes, (size_t)n);
        if (!(http2 && !publishes ? serve_frames(c) : serve_requests(c))) break;
    }
    if (publishes) send_pending();
}
