package io.sluice.sse.netty;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
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

        @Nullable
        StreamRoute stream;

        Entry(String path, boolean below) {
            this.path = path;
            this.below = below;
        }

        Entry copy() {
            Entry copy = new Entry(path, below);
            copy.byMethod.putAll(byMethod);
            copy.stream = stream;
            return copy;
        }

        /** The methods that the path supports, for the Allow header. */
        Set<String> methods() {
            Set<String> methods = new TreeSet<>(byMethod.keySet());
            if (stream != null) {
                methods.add("GET");
            }
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
        if (method.equals("GET") && entry.stream != null) {
            throw new IllegalArgumentException(
                    "route: GET " + path + " (expected: a path without a stream route, which answers GET)");
        }
        if (entry.byMethod.putIfAbsent(method, route) != null) {
            throw new IllegalArgumentException(
                    "route: " + method + " " + path + " (expected: a method and path without a route)");
        }
    }

    /** @throws IllegalArgumentException if the path is not valid, or already has a stream route or a route of GET */
    void addStream(String path, StreamRoute route) {
        Entry entry = at(path);
        if (entry.stream != null) {
            throw new IllegalArgumentException("streams: " + path + " (expected: a path without a stream route)");
        }
        if (entry.byMethod.containsKey("GET")) {
            throw new IllegalArgumentException(
                    "streams: " + path + " (expected: a path without a route of GET, which the stream would answer)");
        }
        entry.stream = route;
    }

    boolean hasStreams() {
        return exact.values().stream().anyMatch(entry -> entry.stream != null)
                || below.values().stream().anyMatch(entry -> entry.stream != null);
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
