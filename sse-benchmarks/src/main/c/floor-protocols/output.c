// Writes to a connection, and keeps the bytes that its socket does not take.
#include "floor.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MOST_WAITING = 16 << 20 };

char *room(buffer *b, size_t more) {
    if (b->size - b->used < more) {
        b->size = (b->used + more) * 2;
        b->bytes = realloc(b->bytes, b->size);
        if (!b->bytes) abort();
    }
    return b->bytes + b->used;
}

void append(buffer *b, const void *bytes, size_t n) {
    memcpy(room(b, n + 1), bytes, n);
    b->used += n;
    b->bytes[b->used] = 0;
}

static void set_blocked(connection *c, bool blocked) {
    if (c->blocked == blocked) return;
    c->blocked = blocked;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (blocked ? EPOLLOUT : 0), .data.fd = c->fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

// The number of bytes that the socket has taken, -1 if it is broken.
static ssize_t write_some(connection *c, const char *bytes, size_t n) {
    size_t done = 0;
    while (done < n) {
        ssize_t written = c->ssl ? SSL_write(c->ssl, bytes + done, (int)(n - done))
                                 : send(c->fd, bytes + done, n - done, MSG_NOSIGNAL);
        if (written > 0) {
            done += (size_t)written;
            continue;
        }
        if (!c->ssl) return errno == EAGAIN ? (ssize_t)done : -1;
        int error = SSL_get_error(c->ssl, (int)written);
        ERR_clear_error();
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? (ssize_t)done : -1;
    }
    return (ssize_t)done;
}

bool send_bytes(connection *c, const void *bytes, size_t n) {
    ssize_t written = c->waiting.used ? 0 : write_some(c, bytes, n);
    if (written < 0 || c->waiting.used + n > MOST_WAITING) {
        close_connection(c);
        return false;
    }
    if ((size_t)written < n) {
        append(&c->waiting, (const char *)bytes + written, n - (size_t)written);
        set_blocked(c, true);
    }
    return true;
}

bool send_waiting(connection *c) {
    ssize_t written = write_some(c, c->waiting.bytes, c->waiting.used);
    if (written < 0) {
        close_connection(c);
        return false;
    }
    c->waiting.used -= (size_t)written;
    if (c->waiting.used) {
        memmove(c->waiting.bytes, c->waiting.bytes + written, c->waiting.used);
        return true;
    }
    set_blocked(c, false);
    free(c->waiting.bytes);
    c->waiting = (buffer){0};
    return true;
}
