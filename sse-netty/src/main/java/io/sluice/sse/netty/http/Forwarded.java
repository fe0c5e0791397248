package io.sluice.sse.netty.http;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses the headers in which proxies report their clients: {@code Forwarded} (RFC 7239), and {@code X-Forwarded-For},
 * which has no standard. Each has one element per proxy; the last is from the nearest proxy.
 */
public final class Forwarded {

    /**
     * The report of one proxy.
     *
     * @param client the client of the proxy; null if it is missing, hidden, or not an address
     * @param scheme {@code http} or {@code https}; null if it is missing
     */
    public record Element(
            @Nullable InetSocketAddress client, @Nullable String scheme) {}

    private static final Element EMPTY = new Element(null, null);

    private Forwarded() {}

    /**
     * The elements of the lines of a {@code Forwarded} header, in order.
     *
     * @return null if a line violates RFC 7239
     */
    public static @Nullable List<Element> parse(List<String> lines) {
        List<Element> elements = new ArrayList<>();
        for (String line : lines) {
            for (int at = 0; at <= line.length(); at++) {
                int end = endOf(line, at, ',');
                if (end < 0) {
                    return null; // an unterminated quote
                }
                Element element = element(line.substring(at, end));
                if (element == null) {
                    return null;
                }
                elements.add(element);
                at = end;
            }
        }
        return elements;
    }

    /** The elements of the lines of an {@code X-Forwarded-For} header, in order. */
    public static List<Element> parseAddresses(List<String> lines) {
        List<Element> elements = new ArrayList<>();
        for (String line : lines) {
            for (String node : line.split(",", -1)) {
                elements.add(new Element(node(node.strip()), null));
            }
        }
        return elements;
    }

    /** {@code for=…;proto=…;by=…}, each at most once, in any order. An element may be empty. */
    private static @Nullable Element element(String text) {
        if (text.isBlank()) {
            return EMPTY;
        }
        InetSocketAddress client = null;
        String scheme = null;
        List<String> names = new ArrayList<>(4);
        for (int at = 0; at <= text.length(); at++) {
            int end = endOf(text, at, ';');
            int equals = text.indexOf('=', at);
            if (equals < 0 || equals >= end) {
                return null;
            }
            String name = text.substring(at, equals).strip().toLowerCase(Locale.ROOT);
            String value = unquoted(text.substring(equals + 1, end).strip());
            if (!isToken(name) || value == null || names.contains(name)) {
                return null;
            }
            names.add(name);
            if (name.equals("for")) {
                client = node(value);
            } else if (name.equals("proto")) {
                scheme = scheme(value);
            }
            at = end;
        }
        return new Element(client, scheme);
    }

    /** The end of the part that starts at {@code from}: the next separator outside quotes. -1 if a quote has no end. */
    private static int endOf(String text, int from, char separator) {
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                return i;
            }
        }
        return quoted ? -1 : text.length();
    }

    /** A token, or the content of a quoted string (RFC 9110, section 5.6.4); null if the value is neither. */
    private static @Nullable String unquoted(String value) {
        if (!value.startsWith("\"")) {
            return isToken(value) ? value : null;
        }
        StringBuilder text = new StringBuilder(value.length());
        for (int i = 1; i < value.length() - 1; i++) {
            char c = value.charAt(i);
            if (c == '"') {
                return null; // text after the closing quote
            }
            if (c == '\\' && ++i == value.length() - 1) {
                return null; // the closing quote is escaped
            }
            text.append(value.charAt(i));
        }
        return value.length() > 1 && value.endsWith("\"") ? text.toString() : null;
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean alphanumeric = c < 0x80 && Character.isLetterOrDigit(c);
            if (!alphanumeric && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** {@code http} or {@code https}; null for anything else. */
    public static @Nullable String scheme(@Nullable String text) {
        String lower = text == null ? "" : text.strip().toLowerCase(Locale.ROOT);
        return lower.equals("http") || lower.equals("https") ? lower : null;
    }

    /**
     * Parses {@code 192.0.2.1}, {@code 192.0.2.1:4711}, {@code [2001:db8::1]}, {@code [2001:db8::1]:4711}, and the form
     * of X-Forwarded-For, {@code 2001:db8::1}. Returns null for {@code unknown}, {@code _hidden} and any other text. It
     * never looks up a name.
     */
    static @Nullable InetSocketAddress node(String text) {
        String host = text;
        String port = "0";
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0 || (end < text.length() - 1 && colon != end + 1)) {
                return null;
            }
            host = text.substring(1, end);
            port = colon > end ? text.substring(colon + 1) : port;
            if (host.indexOf(':') < 0) {
                return null;
            }
        } else if (colon >= 0 && colon == text.indexOf(':')) {
            host = text.substring(0, colon);
            port = text.substring(colon + 1);
        }
        byte[] address = host.indexOf('%') >= 0 ? null : NetUtil.createByteArrayFromIpAddressString(host);
        if (address == null) {
            return null;
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port(port));
        } catch (UnknownHostException | IllegalArgumentException e) {
            return null; // the port is not a number, or above 65535
        }
    }

    /** Parses a port. A name that begins with an underscore hides it, which counts as 0. */
    private static int port(String text) {
        if (text.startsWith("_") && isToken(text)) {
            return 0;
        }
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("port: " + text + " (expected: a number of at most 5 digits)");
        }
        return Integer.parseInt(text);
    }
}
