// TLS 1.3, always with the same cipher, so that all servers do the same work. There is one recv() for each wake-up:
// OpenSSL reads from memory and writes to the socket.
#include "protocols.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char HTTP_1[] = "\x08http/1.1", HTTP_2[] = "\x02h2"; // as ALPN wants them, with their lengths

static SSL_CTX *context;
static BIO_METHOD *memory_in_socket_out;
static const char *input; // bytes that OpenSSL has not read
static size_t input_left;
static int64_t handshakes, failures;
static char chosen[128];

static int bio_read(BIO *bio, char *into, int n) {
    BIO_clear_retry_flags(bio);
    if (!input_left) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if ((size_t)n > input_left) n = (int)input_left;
    memcpy(into, input, (size_t)n);
    input += n;
    input_left -= (size_t)n;
    return n;
}

static int bio_write(BIO *bio, const char *from, int n) {
    connection *x = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int written = (int)send(x->fd, from, (size_t)n, MSG_NOSIGNAL);
    if (written < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return written;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

void tls_init(void) {
    context = SSL_CTX_new(TLS_client_method());
    memory_in_socket_out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "generator");
    if (!context || !memory_in_socket_out) fail("OpenSSL");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    BIO_meth_set_read(memory_in_socket_out, bio_read);
    BIO_meth_set_write(memory_in_socket_out, bio_write);
    BIO_meth_set_ctrl(memory_in_socket_out, bio_control);
}

void tls_begin(connection *x) {
    BIO *bio = BIO_new(memory_in_socket_out);
    x->ssl = SSL_new(context);
    if (!bio || !x->ssl) fail("no memory for TLS");
    BIO_set_data(bio, x);
    BIO_set_init(bio, 1);
    SSL_set_bio(x->ssl, bio, bio);
    const char *protocol = opt.http2 ? HTTP_2 : HTTP_1;
    SSL_set_alpn_protos(x->ssl, (const unsigned char *)protocol, (unsigned)strlen(protocol));
    SSL_set_tlsext_host_name(x->ssl, "localhost");
    SSL_set_connect_state(x->ssl);
}

static void check_handshake(const SSL *ssl) {
    const unsigned char *protocol;
    unsigned length;
    SSL_get0_alpn_selected(ssl, &protocol, &length);
    if (opt.http2 && (length != 2 || memcmp(protocol, "h2", 2))) fail("the server does not select h2 by ALPN");
    if (!handshakes++)
        snprintf(chosen, sizeof chosen, "%s %s, ALPN %.*s", SSL_get_version(ssl), SSL_get_cipher(ssl), (int)length,
                 length ? (const char *)protocol : "");
}

static void broken(connection *x) {
    if (!failures++) ERR_print_errors_fp(stderr);
    ERR_clear_error();
    connection_failed(x);
}

// One step of the handshake; false when it needs more bytes, or has failed.
static bool shake_hands(connection *x) {
    int result = SSL_connect(x->ssl);
    if (result == 1) {
        check_handshake(x->ssl);
        connection_up(x);
        return true;
    }
    int error = SSL_get_error(x->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) ERR_clear_error();
    else broken(x);
    return false;
}

void tls_bytes(connection *x, const char *bytes, size_t n) {
    static char plain[32768];
    input = bytes;
    input_left = n;
    while (x->state == SHAKING_HANDS || x->state == UP) {
        if (x->state == SHAKING_HANDS) {
            if (!shake_hands(x)) break;
            continue;
        }
        int read = SSL_read(x->ssl, plain, sizeof plain);
        if (read > 0) {
            connection_bytes(x, plain, (size_t)read);
            continue;
        }
        int error = SSL_get_error(x->ssl, read);
        ERR_clear_error();
        if (error != SSL_ERROR_WANT_READ) connection_failed(x);
        break;
    }
    input_left = 0;
}

ssize_t tls_write(connection *x, const char *bytes, size_t n) {
    int written = SSL_write(x->ssl, bytes, (int)n);
    if (written <= 0) ERR_clear_error();
    return written;
}

void tls_end(connection *x, bool reset) {
    if (reset || x->state != UP) return;
    SSL_shutdown(x->ssl);
    ERR_clear_error();
}

void tls_put(void) {
    put("handshakes", (double)handshakes);
    put("tlsFailures", (double)failures);
    put_text("tls", chosen);
}
