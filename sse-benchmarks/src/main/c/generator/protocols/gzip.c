// Streams compressed with gzip. Each client has an inflater, so that each event of each client is checked.
#include "protocols.h"
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 };

static int64_t coded_clients, plain_bytes, decode_errors;

void gzip_begin(client *c) {
    coded_clients++;
    if (c->inflater) {
        inflateReset(c->inflater);
        return;
    }
    c->inflater = calloc(1, sizeof(z_stream));
    if (!c->inflater || inflateInit2((z_stream *)c->inflater, GZIP_WINDOW) != Z_OK) fail("no memory for an inflater");
}

void gzip_bytes(client *c, const char *bytes, size_t n, int64_t now) {
    static char plain[262144];
    z_stream *z = c->inflater;
    z->next_in = (unsigned char *)bytes;
    z->avail_in = (unsigned)n;
    do {
        z->next_out = (unsigned char *)plain;
        z->avail_out = sizeof plain;
        int result = inflate(z, Z_SYNC_FLUSH);
        size_t inflated = sizeof plain - z->avail_out;
        plain_bytes += (int64_t)inflated;
        stream_lines(c, plain, inflated, now);
        if (result == Z_STREAM_END || result == Z_BUF_ERROR) return; // nothing follows the end of a stream
        if (result != Z_OK) {
            decode_errors++;
            client_lost(c);
            return;
        }
    } while (c->state == STREAMING && (z->avail_in || z->avail_out == 0));
}

void gzip_put(void) {
    put("codedClients", (double)coded_clients);
    put("decodeErrors", (double)decode_errors);
    put("plainBytes", (double)plain_bytes);
}
