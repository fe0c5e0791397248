// Clients over TLS, over HTTP/2, or both; compressed streams. What the files of this folder share.
//
// connections.c sockets, and the clients that a connection has
// tls.c         OpenSSL, which sees only memory
// http2.c       nghttp2, which sees only memory
// gzip.c        zlib
#ifndef PROTOCOLS_H
#define PROTOCOLS_H
#include "../generator.h"
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <sys/types.h>

// A CLOSED connection is released after its events are handled.
enum connection_state { UNOPENED, OPENING, SHAKING_HANDS, UP, CLOSED };

typedef struct connection {
    int fd, open_streams;
    uint8_t state;
    bool busy;    // the loop is handling its events
    bool blocked; // the socket takes no more
    SSL *ssl;
    nghttp2_session *session;
    char *out;
    size_t out_from, out_to, out_size;
} connection;

// ---- connections.c
extern int64_t arrived_at; // when the current bytes were received
void connection_up(connection *x);
void connection_failed(connection *x); // all its clients are lost
void connection_bytes(connection *x, const char *bytes, size_t n); // after decryption
void connection_flush(connection *x);
void connection_append(connection *x, const void *bytes, size_t n);
bool connection_lives(const connection *x);

// ---- tls.c
void tls_init(void);
void tls_begin(connection *x);
void tls_bytes(connection *x, const char *bytes, size_t n); // begins the handshake if there are none
ssize_t tls_write(connection *x, const char *bytes, size_t n);
void tls_end(connection *x, bool reset);
void tls_put(void);

// ---- http2.c
void http2_init(void);
void http2_begin(connection *x);
void http2_request(connection *x, client *c);
void http2_bytes(connection *x, const char *bytes, size_t n);
void http2_output(connection *x); // appends the frames that the session has to send
void http2_reset(connection *x, client *c);
void http2_resume(connection *x, client *c);

// ---- gzip.c
void gzip_put(void);
#endif
