package io.sluice.sse.redis;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines between {@link ProcessNode} and {@link NodeProgram}: words in the form of a URL, with a space between. A
 * line ends with a mark, so that one that was cut when its process was killed is recognised.
 */
final class NodeLines {

    private static final String END = "$";
    private static final String NULL = "~null";

    private NodeLines() {}

    static String line(List<@Nullable String> words) {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            // a word may be empty, and none begins with the first character of the word for null
            line.append(word == null ? NULL : "=" + URLEncoder.encode(word, StandardCharsets.UTF_8))
                    .append(' ');
        }
        return line.append(END).append('\n').toString();
    }

    static String line(@Nullable String... words) {
        return line(Arrays.asList(words));
    }

    /** @return its words; null if it is no whole line, for example a line of the log */
    static @Nullable List<@Nullable String> words(String line) {
        if (!line.startsWith("=") || !line.endsWith(" " + END)) {
            return null;
        }
        List<@Nullable String> words = new ArrayList<>();
        for (String word : line.substring(0, line.length() - 1 - END.length()).split(" ", -1)) {
            words.add(word.equals(NULL) ? null : URLDecoder.decode(word.substring(1), StandardCharsets.UTF_8));
        }
        return words;
    }
}
