package io.sluice.sse.netty.http;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.util.AsciiString;

/**
 * The headers of a request over HTTP/1.1, as strict as those of Netty with one exception: Last-Event-ID may have
 * control characters. An EventSource sends back the id of an earlier server unchanged, and it would stop for good on a
 * 400. Each of them becomes a byte that is not UTF-8, so the id is unknown, which is a gap. NUL stays an error: no
 * client can receive it in an id.
 */
public final class RequestHeaders extends DefaultHttpHeaders {

    private static final AsciiString LAST_EVENT_ID = AsciiString.cached("last-event-id");
    /** Stands for a control character. As a byte it is nowhere in UTF-8. */
    public static final char NOT_UTF8 = '\u00ff';

    private static final DefaultHttpHeadersFactory STRICT = DefaultHttpHeadersFactory.headersFactory();

    /** Creates the headers of each request. */
    public static final HttpHeadersFactory FACTORY = new HttpHeadersFactory() {
        @Override
        public HttpHeaders newHeaders() {
            return new RequestHeaders();
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
            return new RequestHeaders();
        }
    };

    private RequestHeaders() {
        super(STRICT.getNameValidator(), STRICT.getValueValidator());
    }

    @Override
    public HttpHeaders add(CharSequence name, Object value) {
        boolean isId = name.length() == LAST_EVENT_ID.length() && LAST_EVENT_ID.contentEqualsIgnoreCase(name);
        return super.add(name, isId && value instanceof CharSequence id ? withoutControls(id) : value);
    }

    private static CharSequence withoutControls(CharSequence id) {
        StringBuilder replaced = null;
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c != 0 && c != '\t' && (c < ' ' || c == 0x7f)) {
                replaced = replaced == null ? new StringBuilder(id) : replaced;
                replaced.setCharAt(i, NOT_UTF8);
            }
        }
        return replaced == null ? id : replaced.toString();
    }
}
