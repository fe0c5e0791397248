package io.sluice.sse.netty;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the routes of a path. A route serves its path, and if the path was given with {@code /**} at its end, all paths
 * below it, too. The longest path wins. Thread-safe once it no longer changes.
 */
final class Routes {

    /** The routes of one path. */
    static final class Entry {
        final String path;
        final boolean below;
        final Map<String, HttpRoute> byMethod = new LinkedHashMap<>();

        /** The streams by the method that opens them. The route of GET also serves HEAD. */
        private final Map<String, StreamRoute> streams = new LinkedHashMap<>();

        Entry(String path, boolean below) {
            this.path = path;
            this.below = below;
        }

        Entry copy() {
            Entry copy = new Entry(path, below);
            copy.byMethod.putAll(byMethod);
            copy.streams.putAll(streams);
            return copy;
        }

        /** The route of streams that a request of this method opens, or null. */
        @Nullable
        StreamRoute streamOf(String method) {
            return streams.get(method.equals("HEAD") ? "GET" : method);
        }

        /** The methods that the path supports, for the Allow header. */
        Set<String> methods() {
            Set<String> methods = new TreeSet<>(byMethod.keySet());
            methods.addAll(streams.keySet());
            if (methods.contains("GET")) {
                methods.add("HEAD");
            }
            return methods;
        }
    }

    private final Map<String, Entry> exact = new LinkedHashMap<>();
    private final Map<String, Entry> below = new LinkedHashMap<>();

    /** The different lengths of the paths in {@code below}, the longest first. */
    private int[] belowLengths = {};

    Routes() {}

    Routes(Routes other) {
        addAll(other);
    }

    /** Adds copies of the other's entries, so that later changes of the other do not affect this object. */
    void addAll(Routes other) {
        other.exact.forEach((path, entry) -> exact.put(path, entry.copy()));
        other.below.forEach((path, entry) -> below.put(path, entry.copy()));
        updateLengths();
    }

    private void updateLengths() {
        belowLengths = below.keySet().stream()
                .map(String::length)
                .distinct()
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** @throws IllegalArgumentException if the path is not valid, or already has a route or stream for the method */
    void add(String method, String path, HttpRoute route) {
        Entry entry = at(path);
        if (entry.streams.containsKey(method)) {
            throw new IllegalArgumentException("route: " + method + " " + path
                    + " (expected: a path without a stream route, which answers " + method + ")");
        }
        if (entry.byMethod.putIfAbsent(method, route) != null) {
            throw new IllegalArgumentException(
                    "route: " + method + " " + path + " (expected: a method and path without a route)");
        }
    }

    /**
     * @param methods the methods that open a stream; GET also serves HEAD
     * @throws IllegalArgumentException if the path or a method is not valid, or already has a stream or a route of it
     */
    void addStream(String path, StreamRoute route, Collection<String> methods) {
        Entry entry = at(path);
        for (String method : methods) {
            if (entry.byMethod.containsKey(checkedMethod(method))) {
                throw new IllegalArgumentException("streams: " + path + " (expected: a path without a route of "
                        + method + ", which the stream would answer)");
            }
            if (entry.streams.putIfAbsent(method, route) != null) {
                throw new IllegalArgumentException("streams: " + path + " (expected: a path without a stream route"
                        + (method.equals("GET") ? "" : " of " + method) + ")");
            }
        }
    }

    static String checkedMethod(String method) {
        if (!method.equals(method.toUpperCase(Locale.ROOT)) || method.isBlank() || method.equals("HEAD")) {
            throw new IllegalArgumentException(
                    "method: \"" + method + "\" (expected: a method in upper case; the route of GET also serves HEAD)");
        }
        return method;
    }

    boolean hasStreams() {
        return Stream.concat(exact.values().stream(), below.values().stream())
                .anyMatch(entry -> !entry.streams.isEmpty());
    }

    private Entry at(String path) {
        if (!Objects.requireNonNull(path, "path").startsWith("/")) {
            throw new IllegalArgumentException("path: \"" + path + "\" (expected: a path that begins with /)");
        }
        if (path.indexOf('{') >= 0 || path.indexOf('}') >= 0) {
            throw new IllegalArgumentException("path: \"" + path
                    + "\" (expected: a path without parameters; end it with /** and read the rest by subPath())");
        }
        if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
            throw new IllegalArgumentException("path: \"" + path + "\" (expected: a path without ? and #)");
        }
        String parent = path.endsWith("/**") ? path.substring(0, path.length() - 3) : path;
        if (parent.indexOf('*') >= 0) {
            throw new IllegalArgumentException(
                    "path: \"" + path + "\" (expected: a path without *, except for /** at its end)");
        }
        if (path.endsWith("/**")) {
            Entry entry = below.computeIfAbsent(parent, p -> new Entry(p, true));
            updateLengths();
            return entry;
        }
        return exact.computeIfAbsent(path, p -> new Entry(p, false));
    }

    /**
     * The entry for a request's path; null if there is none. The number of lookups depends on the registered paths
     * only, because the client chooses the path: a lookup for each of its slashes would be quadratic in its length.
     */
    @Nullable
    Entry find(String path) {
        Entry found = exact.get(path);
        for (int i = 0; found == null && i < belowLengths.length; i++) {
            int length = belowLengths[i];
            if (length == path.length() || (length < path.length() && path.charAt(length) == '/')) {
                found = below.get(path.substring(0, length));
            }
        }
        return found;
    }
}
