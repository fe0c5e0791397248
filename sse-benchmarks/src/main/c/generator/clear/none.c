// Replaces the files of protocols/ on a machine without their libraries: only clear HTTP/1.1, without compression.
#include "../generator.h"

void protocols_init(void) {
    if (opt.tls || opt.http2 || opt.gzip) fail("this program has no TLS, HTTP/2 and gzip");
}

void protocols_put(void) {}

// protocols_init excludes the calls of these.
void connection_attach(client *c) { (void)c; }
void connection_detach(client *c, bool reset) { (void)c; (void)reset; }
void connection_ready(uint32_t number, uint32_t events) { (void)number; (void)events; }
void connection_resume(client *c) { (void)c; }
void gzip_begin(client *c) { (void)c; }
void gzip_bytes(client *c, const char *bytes, size_t n, int64_t now) { (void)c; (void)bytes; (void)n; (void)now; }
