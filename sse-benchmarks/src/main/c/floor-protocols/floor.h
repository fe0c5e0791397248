// The floor over TLS 1.3 and HTTP/2: what the files of this folder share.
//
// main.c      options, listeners, the loop
// input.c     accepts, reads and closes connections
// output.c    writes to a connection, and keeps the bytes that its socket does not take
// frames.c    HTTP/2, made by hand
// broadcast.c events to all clients
#ifndef FLOOR_H
#define FLOOR_H
#define _GNU_SOURCE
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOST_FILES = 1 << 17 };

typedef struct { char *bytes; size_t size, used; } buffer;
typedef struct { uint32_t id; int64_t window; } stream; // a client: of HTTP/2, or the only one of HTTP/1.1
typedef struct {
    int fd, place; // among the connections with clients, -1 if it is none of them
    bool publishes, greeted, blocked;
    SSL *ssl;
    buffer input, waiting; // waiting: bytes that the socket has not taken
    stream *streams;
    int count, room;
    int64_t window, first_window; // of the connection; of a stream that begins
} connection;

extern bool http2, batching;
extern int epoll_fd;

// ---- input.c
connection *connection_of(int fd);
void accept_all(int listener, bool publishes, SSL_CTX *tls);
void readable(connection *c);
void close_connection(connection *c);

// ---- output.c; the functions return false if they closed the connection
char *room(buffer *b, size_t more);
void append(buffer *b, const void *bytes, size_t n);
bool send_bytes(connection *c, const void *bytes, size_t n);
bool send_waiting(connection *c);

// ---- frames.c
bool serve_frames(connection *c); // handles the complete frames of the input; false if it closed the connection
void append_head(buffer *to, uint32_t stream);
void append_data(buffer *to, uint32_t stream, const char *bytes, size_t n);

// ---- broadcast.c
bool subscribe(connection *c, uint32_t stream);
void unsubscribe(connection *c);
void publish(const char *data, size_t n);
void send_pending(void);
#endif
