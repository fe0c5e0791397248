// What a broadcast costs at least on this kernel: one thread, one epoll, and for each client one write and nothing
// else. GET subscribes, POST publishes to all. It handles no trouble: a client whose socket is full misses what does
// not fit, and one that takes a part of a write is closed. No server can be this cheap; servers are compared with it.
//
//     floor PORT          a write for each client and event
//     floor PORT batch    publishes that have arrived together leave in one write for each client
//     floor PORT replay   a write for each, with ids, and the last 4096 events for who says Last-Event-ID
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FILES = 1 << 17, HISTORY = 4096, READY = 256, FIRST_INPUT = 8192 };

typedef struct { char *bytes; size_t size, used; } buffer;
typedef struct { buffer input; int place; } connection; // place among the clients, -1 if it is none

static connection *connections[MOST_FILES];
static int clients[MOST_FILES], client_count;
static bool batching, with_ids;
static buffer pending;           // of a batch
static buffer history[HISTORY];
static long sequence;            // of the next event
static int epoll_fd;

static char *room(buffer *b, size_t more) {
    if (b->size - b->used < more) {
        b->size = (b->used + more) * 2;
        b->bytes = realloc(b->bytes, b->size);
        if (!b->bytes) abort();
    }
    return b->bytes + b->used;
}

static void close_connection(int fd) {
    connection *c = connections[fd];
    if (c->place >= 0) { // the last client takes its place
        int last = clients[--client_count];
        clients[c->place] = last;
        connections[last]->place = c->place;
    }
    free(c->input.bytes);
    free(c);
    connections[fd] = NULL;
    close(fd);
}

static void write_to_all(const char *bytes, size_t n) {
    for (int i = client_count - 1; i >= 0; i--) {
        ssize_t written = send(clients[i], bytes, n, MSG_NOSIGNAL);
        if (written != (ssize_t)n && !(written < 0 && errno == EAGAIN)) close_connection(clients[i]);
    }
}

static void publish(const char *data, size_t n) {
    static buffer one;
    buffer *into = batching ? &pending : with_ids ? &history[sequence % HISTORY] : &one;
    if (!batching) into->used = 0;
    char prefix[48], *at = room(into, n + 80), *start = at;
    int p = with_ids ? sprintf(prefix, "id: %ld\ndata: ", sequence) : sprintf(prefix, "data: ");
    at += sprintf(at, "%zx\r\n%s", (size_t)p + n + 2, prefix);
    memcpy(at, data, n);
    memcpy(at + n, "\n\n\r\n", 4);
    into->used += (size_t)(at + n + 4 - start);
    sequence++;
    if (!batching) write_to_all(into->bytes, into->used);
}

static void send_pending(void) {
    if (!pending.used) return;
    write_to_all(pending.bytes, pending.used);
    pending.used = 0;
}

static bool replay(int fd, long last) {
    static buffer all;
    long from = last + 1 > sequence - HISTORY ? last + 1 : sequence - HISTORY;
    all.used = 0;
    for (long s = from < 0 ? 0 : from; s < sequence; s++) {
        buffer *event = &history[s % HISTORY];
        memcpy(room(&all, event->used), event->bytes, event->used);
        all.used += event->used;
    }
    return !all.used || send(fd, all.bytes, all.used, MSG_NOSIGNAL) == (ssize_t)all.used;
}

static bool subscribe(int fd, char *head) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n";
    connection *c = connections[fd];
    char *last = with_ids ? strcasestr(head, "\r\nlast-event-id:") : NULL;
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0 || (last && !replay(fd, atol(last + 16)))) return false;
    free(c->input.bytes);
    c->input = (buffer){0};
    c->place = client_count;
    clients[client_count++] = fd;
    return true;
}

// What is whole in the input; false when the connection shall be closed.
static bool serve_input(int fd) {
    static const char accepted[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    connection *c = connections[fd];
    size_t from = 0;
    while (from < c->input.used) {
        char *head = c->input.bytes + from, *end = memmem(head, c->input.used - from, "\r\n\r\n", 4);
        if (!end) break;
        if (memcmp(head, "POST", 4)) {
            *end = 0;
            return subscribe(fd, head);
        }
        *end = 0;
        char *length = strcasestr(head, "\r\ncontent-length:");
        *end = '\r';
        size_t n = length ? (size_t)atol(length + 17) : 0, whole = (size_t)(end + 4 - head) + n;
        if (from + whole > c->input.used) break;
        publish(end + 4, n);
        if (send(fd, accepted, sizeof accepted - 1, MSG_NOSIGNAL) < 0) return false;
        from += whole;
    }
    c->input.used -= from;
    memmove(c->input.bytes, c->input.bytes + from, c->input.used);
    return true;
}

static void readable(int fd) {
    connection *c = connections[fd];
    for (;;) {
        char *into = room(&c->input, c->place < 0 ? FIRST_INPUT / 2 : 64);
        ssize_t n = recv(fd, into, c->input.size - c->input.used - 1, 0);
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            close_connection(fd);
            break;
        }
        if (c->place >= 0) continue; // a client has nothing to say
        c->input.used += (size_t)n;
        if (!serve_input(fd)) {
            close_connection(fd);
            break;
        }
        if (c->place >= 0) break;
    }
    send_pending();
}

static void accept_all(int listener) {
    int on = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST_FILES) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[fd] = calloc(1, sizeof(connection));
        connections[fd]->place = -1;
        struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    }
}

static int listen_on(int port) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) {
        perror("floor");
        exit(1);
    }
    return fd;
}

int main(int n, char **arguments) {
    if (n < 2) {
        fprintf(stderr, "floor PORT [batch|replay]\n");
        return 2;
    }
    batching = n > 2 && !strcmp(arguments[2], "batch");
    with_ids = n > 2 && !strcmp(arguments[2], "replay");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = listen_on(atoi(arguments[1]));
    epoll_fd = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, ready[READY];
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int count = epoll_wait(epoll_fd, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) accept_all(listener);
            else if (connections[fd]) readable(fd);
        }
    }
}
