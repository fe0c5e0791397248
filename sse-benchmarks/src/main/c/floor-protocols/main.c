// The least that a broadcast costs over TLS 1.3, over HTTP/2, or over both. It has one thread, one epoll, OpenSSL, and
// frames made by hand. It handles no trouble: a stream without window misses events, and headers are not decoded.
//
//     floor-protocols PORT PUBLISH_PORT [tls=FOLDER] [h2] [batch]
//
// PORT: each request subscribes. PUBLISH_PORT: HTTP/1.1 in clear text, and POST publishes to all. tls: the folder of
// cert.pem and key.pem. batch: publishes that have arrived together leave in one write for each connection.
#include "floor.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { READY = 256 };

bool http2, batching;
int epoll_fd;

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *offered, unsigned length, void *unused) {
    (void)ssl;
    (void)unused;
    const char *wanted = http2 ? "\x02h2" : "\x08http/1.1";
    int found = SSL_select_next_proto((unsigned char **)out, out_length, (const unsigned char *)wanted,
                                      (unsigned)wanted[0] + 1, offered, length);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *tls_of(const char *folder) {
    char certificate[4096], key[4096];
    snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(tls, select_protocol, NULL);
    if (SSL_CTX_use_certificate_file(tls, certificate, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    return tls;
}

static int listen_on(int port) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) {
        perror("floor");
        exit(1);
    }
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    return fd;
}

static void serve(connection *c, uint32_t events) {
    if (events & EPOLLOUT && !send_waiting(c)) return;
    if (events & ~(uint32_t)EPOLLOUT) readable(c);
}

int main(int n, char **arguments) {
    SSL_CTX *tls = NULL;
    if (n < 3) {
        fprintf(stderr, "floor-protocols PORT PUBLISH_PORT [tls=FOLDER] [h2] [batch]\n");
        return 2;
    }
    for (int i = 3; i < n; i++) {
        if (!strcmp(arguments[i], "h2")) http2 = true;
        else if (!strcmp(arguments[i], "batch")) batching = true;
        else if (!strncmp(arguments[i], "tls=", 4)) tls = tls_of(arguments[i] + 4);
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll_fd = epoll_create1(0);
    int publishers = listen_on(atoi(arguments[2])), clients = listen_on(atoi(arguments[1]));
    for (;;) {
        struct epoll_event ready[READY];
        int count = epoll_wait(epoll_fd, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == clients) accept_all(fd, false, tls);
            else if (fd == publishers) accept_all(fd, true, NULL);
            else if (connection_of(fd)) serve(connection_of(fd), ready[i].events);
        }
    }
}
