// HTTP/2, with a stream for each client. The windows are those of a browser unless options change them.
#include "protocols.h"
#include <stdio.h>
#include <string.h>

enum { LEAST_OUTPUT = 65536 };

static nghttp2_session_callbacks *callbacks;
static nghttp2_option *session_options;

static client *client_of(nghttp2_session *session, int32_t stream) {
    return nghttp2_session_get_stream_user_data(session, stream);
}

static bool is(const char *text, const uint8_t *bytes, size_t n) {
    return n == strlen(text) && !memcmp(text, bytes, n);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *x) {
    (void)flags;
    (void)x;
    client *c = client_of(session, frame->hd.stream_id);
    if (!c || c->state != HEAD) return 0;
    if (is(":status", name, name_length)) c->accepted = is("200", value, value_length);
    else if (is("content-encoding", name, name_length)) c->coded = is("gzip", value, value_length);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *x) {
    (void)x;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    client *c = client_of(session, frame->hd.stream_id);
    if (!c || c->state != HEAD) return 0;
    if (c->accepted) {
        client_accepted(c);
    } else {
        refused_status++;
        client_lost(c);
    }
    return 0;
}

// A stalled client returns the window of the connection, but not that of its stream.
static void give_back(nghttp2_session *session, client *c, int32_t stream, size_t n) {
    if (opt.stalled <= 0) return; // nghttp2 does it
    if (c->stalled && stalling && !c->resumed) {
        c->withheld += (int64_t)n;
        nghttp2_session_consume_connection(session, n);
    } else {
        nghttp2_session_consume(session, stream, n);
    }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t n, void *x) {
    (void)flags;
    (void)x;
    client *c = client_of(session, stream);
    if (!c) {
        if (opt.stalled > 0) nghttp2_session_consume(session, stream, n);
        return 0;
    }
    give_back(session, c, stream, n);
    if (c->state == STREAMING) stream_body(c, (const char *)bytes, n, arrived_at);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *x) {
    (void)error;
    client *c = client_of(session, stream);
    if (!c || c->connection != x || c->stream_id != stream) return 0;
    c->stream_id = 0;
    if (c->state == HEAD || c->state == STREAMING) client_lost(c);
    return 0;
}

void http2_init(void) {
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option_new(&session_options);
    if (opt.stalled > 0) nghttp2_option_set_no_auto_window_update(session_options, 1);
}

void http2_begin(connection *x) {
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)opt.stream_window}};
    if (nghttp2_session_client_new2(&x->session, callbacks, x, session_options)) fail("no memory for HTTP/2");
    nghttp2_submit_settings(x->session, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(x->session, NGHTTP2_FLAG_NONE, 0, opt.connection_window);
}

static nghttp2_nv header(const char *name, const char *value) {
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

void http2_request(connection *x, client *c) {
    char path[1024], authority[32];
    client_path(c, path, sizeof path);
    snprintf(authority, sizeof authority, "127.0.0.1:%d", opt.port);
    nghttp2_nv headers[] = {header(":method", "GET"),
                            header(":scheme", opt.tls ? "https" : "http"),
                            header(":authority", authority),
                            header(":path", path),
                            header("accept", "text/event-stream"),
                            header("cache-control", "no-cache"),
                            header("accept-encoding", opt.gzip ? "gzip" : "identity"),
                            header("last-event-id", last_event_id ? last_event_id : "")};
    size_t count = sizeof headers / sizeof *headers - !last_event_id;
    c->stream_id = nghttp2_submit_request(x->session, NULL, headers, count, NULL, c);
    if (c->stream_id < 0) fail("HTTP/2: %s", nghttp2_strerror(c->stream_id));
}

void http2_bytes(connection *x, const char *bytes, size_t n) {
    ssize_t used = nghttp2_session_mem_recv(x->session, (const uint8_t *)bytes, n);
    if (used >= 0) return;
    fprintf(stderr, "HTTP/2: %s\n", nghttp2_strerror((int)used));
    connection_failed(x);
}

void http2_output(connection *x) {
    while (x->out_to < LEAST_OUTPUT) {
        const uint8_t *bytes;
        ssize_t n = nghttp2_session_mem_send(x->session, &bytes);
        if (n <= 0) return;
        connection_append(x, bytes, (size_t)n);
    }
}

void http2_reset(connection *x, client *c) {
    nghttp2_submit_rst_stream(x->session, NGHTTP2_FLAG_NONE, c->stream_id, NGHTTP2_CANCEL);
    nghttp2_session_set_stream_user_data(x->session, c->stream_id, NULL); // another client may use its place
}

void http2_resume(connection *x, client *c) {
    c->resumed = 1;
    if (c->withheld) nghttp2_session_consume_stream(x->session, c->stream_id, (size_t)c->withheld);
    c->withheld = 0;
}
