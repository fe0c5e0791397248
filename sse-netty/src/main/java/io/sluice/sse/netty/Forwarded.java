package io.sluice.sse.netty;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads what proxies say of those for whom they speak: {@code Forwarded} (RFC 7239) and {@code X-Forwarded-For}, which has
 * no standard. One element per proxy, the nearest last.
 */
final class Forwarded {

    /**
     * What one proxy says.
     *
     * @param client who asked it; null if it does not say, hides it, or says what is no address
     * @param scheme {@code http} or {@code https}; null if it does not say
     */
    record Element(
            @Nullable InetSocketAddress client, @Nullable String scheme) {}

    private static final Element NOTHING = new Element(null, null);

    private Forwarded() {}

    /**
     * The elements of the lines of a {@code Forwarded} header, in order.
     *
     * @return null if a line is not as RFC 7239 wants it
     */
    static @Nullable List<Element> parse(List<String> lines) {
        List<Element> elements = new ArrayList<>();
        for (String line : lines) {
            for (int at = 0; at <= line.length(); at++) {
                int end = endOf(line, at, ',');
                if (end < 0) {
                    return null; // a quote without its end
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
    static List<Element> parseAddresses(List<String> lines) {
        List<Element> elements = new ArrayList<>();
        for (String line : lines) {
            for (String node : line.split(",", -1)) {
                elements.add(new Element(node(node.strip()), null));
            }
        }
        return elements;
    }

    /** {@code for=…;proto=…;by=…}, each at most once, in any order. An empty element says nothing. */
    private static @Nullable Element element(String text) {
        if (text.isBlank()) {
            return NOTHING;
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

    /** Where the part that begins at {@code from} ends: at the separator, outside of quotes. -1 if a quote has no end. */
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

    /** A token as it is, or what stands in a quoted string (RFC 9110, section 5.6.4); null if it is neither. */
    private static @Nullable String unquoted(String value) {
        if (!value.startsWith("\"")) {
            return isToken(value) ? value : null;
        }
        StringBuilder text = new StringBuilder(value.length());
        for (int i = 1; i < value.length() - 1; i++) {
            char c = value.charAt(i);
            if (c == '"') {
                return null; // something stands behind the closing quote
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
    static @Nullable String scheme(@Nullable String text) {
        String lower = text == null ? "" : text.strip().toLowerCase(Locale.ROOT);
        return lower.equals("http") || lower.equals("https") ? lower : null;
    }

    /**
     * {@code 192.0.2.1}, {@code 192.0.2.1:4711}, {@code [2001:db8::1]}, {@code [2001:db8::1]:4711}, and, as X-Forwarded-For
     * has it, {@code 2001:db8::1}. Null for {@code unknown}, {@code _hidden} and all else. No name is ever looked up.
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
            return null; // no port, or one beyond 65535
        }
    }

    /** A port may be hidden too, by a name of the proxy's that begins with an underscore. */
    private static int port(String text) {
        if (text.startsWith("_") && isToken(text)) {
            return 0;
        }
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("port: " + text);
        }
        return Integer.parseInt(text);
    }
}
