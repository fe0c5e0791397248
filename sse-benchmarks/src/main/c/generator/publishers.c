// POST requests, pipelined on one connection for each publisher, and their answers. Which event still waits for whom.
#define _GNU_SOURCE
#include "generator.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct publisher {
    int fd, in_flight;
    bool blocked; // the socket takes no more: what is left waits in out
    char *out;
    size_t out_from, out_to, out_size;
    char in[65536];
    size_t in_bytes;
    int64_t next, oldest;
    int32_t waiting[MOST_WAITING];
};

static publisher all[MOST_PUBLISHERS];
static int64_t *own_next, own_undelivered;
static char *body;
int receivers;
int64_t publishes_accepted, publishes_refused, publishers_reconnected;

int64_t published(int number) { return all[number].next; }
int64_t published_own(int client) { return own_next ? own_next[client] : 0; }
int in_flight(int number) { return all[number].in_flight; }
void give_up_oldest(int number) { all[number].oldest++; }

int64_t oldest_waiting(int number) {
    publisher *p = &all[number];
    while (p->oldest < p->next && p->waiting[p->oldest % MOST_WAITING] <= 0) p->oldest++;
    return p->oldest;
}

bool all_delivered(void) {
    for (int i = 0; i < opt.publishers; i++)
        if (all[i].in_flight || oldest_waiting(i) < all[i].next) return false;
    return own_undelivered <= 0;
}

void delivered(const client *c, int32_t stream, int64_t seq) {
    (void)c;
    if (stream >= MOST_PUBLISHERS) own_undelivered--;
    else all[stream].waiting[seq % MOST_WAITING]--;
}

static void connect_one(int number) {
    publisher *p = &all[number];
    p->fd = tcp_socket(false);
    int flags = fcntl(p->fd, F_GETFL);
    fcntl(p->fd, F_SETFL, flags & ~O_NONBLOCK);
    if (connect_to(p->fd, opt.publish_port)) fail("publisher: %s", strerror(errno));
    fcntl(p->fd, F_SETFL, flags);
    p->in_flight = 0;
    p->blocked = false;
    p->in_bytes = p->out_from = p->out_to = 0;
    loop_watch(p->fd, PUBLISHER_ID | (uint32_t)number, EPOLLIN);
}

void publishers_connect(void) {
    body = malloc((size_t)opt.size + 1);
    memset(body, 'x', (size_t)opt.size);
    if (opt.own_publish || !strcmp(opt.mode, "tokens")) own_next = calloc((size_t)opt.clients, sizeof *own_next);
    for (int i = 0; i < opt.publishers; i++) connect_one(i);
}

static void lost(int number) {
    publisher *p = &all[number];
    publishes_refused += p->in_flight;
    close(p->fd);
    if (++publishers_reconnected > 1000) fail("the server closes the publishers' connections");
    connect_one(number);
}

static void send_out(int number) {
    publisher *p = &all[number];
    while (p->out_from < p->out_to) {
        ssize_t n = send(p->fd, p->out + p->out_from, p->out_to - p->out_from, MSG_NOSIGNAL);
        if (n < 0) break; // if it is for ever, reading will tell
        p->out_from += (size_t)n;
    }
    bool blocked = p->out_from < p->out_to;
    if (!blocked) p->out_from = p->out_to = 0;
    if (blocked != p->blocked) {
        p->blocked = blocked;
        loop_change(p->fd, PUBLISHER_ID | (uint32_t)number, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

// Sends the body, or keeps what the socket does not take.
static void request(int number, const char *path, const char *content, int size) {
    publisher *p = &all[number];
    static char head[1400];
    static const char *head_path;
    static int h, head_size;
    if (path != head_path || size != head_size) { // that of the common topic is made once
        h = snprintf(head, sizeof head,
                     "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
                     path, opt.publish_port, size);
        head_path = path == opt.publish ? path : NULL;
        head_size = size;
    }
    size_t need = p->out_to + (size_t)h + (size_t)size;
    if (need > p->out_size) {
        p->out = realloc(p->out, need * 2);
        if (!p->out) fail("no memory for what the server does not read");
        p->out_size = need * 2;
    }
    memcpy(p->out + p->out_to, head, (size_t)h);
    memcpy(p->out + p->out_to + h, content, (size_t)size);
    p->out_to = need;
    p->in_flight++;
    if (!p->blocked) send_out(number);
}

static void post(int number, const char *path, int32_t stream, int64_t seq, int64_t due) {
    char marker[64];
    snprintf(marker, sizeof marker, "~%06d%010" PRId64 "%019" PRId64 "~", stream, seq, due);
    if (opt.json) tick(body, opt.size, marker, seq);
    else memcpy(body, marker, MARKER);
    request(number, path, body, opt.size);
}

void publish(int number, int64_t due) {
    publisher *p = &all[number];
    if (p->next - p->oldest >= MOST_WAITING) give_up_oldest(number);
    p->waiting[p->next % MOST_WAITING] = receivers;
    post(number, opt.publish, number, p->next++, due);
}

void publish_own(int number, int client, int64_t due) {
    char path[1024];
    const char *place = strstr(opt.own_publish, "{client}");
    if (!place) fail("--own-publish: %s (expected: with {client} in it)", opt.own_publish);
    snprintf(path, sizeof path, "%.*s%d%s", (int)(place - opt.own_publish), opt.own_publish, client, place + 8);
    own_undelivered++;
    post(number, path, MOST_PUBLISHERS + client, own_next[client]++, due);
}

void publish_tokens(int first, int count, int64_t due) {
    enum { MOST = 10000, LINE = 4 + 1 + TOKEN + 1 }; // the client, a blank, the data
    static char lines[MOST * LINE + 64];
    int size = 0;
    if (count > MOST) fail("%d events at once (expected: at most %d)", count, MOST);
    for (int i = 0; i < count; i++) {
        int to = (first + i) % opt.clients;
        size += snprintf(lines + size, sizeof lines - (size_t)size, "%d !%04d%05" PRId64 "%09" PRId64 "!\n", to, to,
                         own_next[to]++, due / 1000 % INT64_C(1000000000));
    }
    own_undelivered += count;
    request(0, opt.publish, lines, size);
}

// How many bytes at the front of the input are one whole answer, 0 if it is not there yet.
static size_t answer(publisher *p, size_t from, int *status) {
    char *start = p->in + from, *end = strstr(start, "\r\n\r\n");
    if (!end) return 0;
    *end = 0;
    const char *length = strcasestr(start, "\r\ncontent-length:");
    bool chunked = strcasestr(start, "\r\ntransfer-encoding: chunked") != NULL;
    size_t bytes = length ? (size_t)atol(length + 17) : 0;
    *status = atoi(start + 9);
    *end = '\r';
    char *content = end + 4;
    if (chunked && *status != 204) {
        char *last = strncmp(content, "0\r\n\r\n", 5) ? strstr(content, "\r\n0\r\n\r\n") : content - 2;
        if (!last) return 0;
        bytes = (size_t)(last + 7 - content);
    }
    size_t whole = (size_t)(content - start) + bytes;
    return from + whole <= p->in_bytes ? whole : 0;
}

void publisher_ready(int number) {
    publisher *p = &all[number];
    ssize_t n = recv(p->fd, p->in + p->in_bytes, sizeof p->in - 1 - p->in_bytes, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        lost(number);
        return;
    }
    if (n > 0) {
        p->in_bytes += (size_t)n;
        p->in[p->in_bytes] = 0;
        size_t from = 0, whole;
        int status;
        while ((whole = answer(p, from, &status)) > 0) {
            from += whole;
            if (status == 100) continue;
            p->in_flight--;
            if (status >= 200 && status < 300) publishes_accepted++;
            else publishes_refused++;
        }
        p->in_bytes -= from;
        memmove(p->in, p->in + from, p->in_bytes + 1);
        if (p->in_bytes >= sizeof p->in - 1) fail("an answer to a publish of more than %zu bytes", p->in_bytes);
    }
    if (p->blocked) send_out(number);
}
