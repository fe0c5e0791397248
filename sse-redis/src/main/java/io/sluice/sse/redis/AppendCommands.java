package io.sluice.sse.redis;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XAddArgs;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.topic.Publication;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The commands that add a change to the stream of the hub: XADD for one event, a script for a batch and for events
 * whose publishers chose their ids. Thread-safe.
 */
final class AppendCommands {

    private final RedisOptions options;
    private final String publisher;
    private final String appendDigest;

    /**
     * @param publisher distinguishes the changes of this process from all others
     * @param appendDigest the digest of the script, which each session loads
     */
    AppendCommands(RedisOptions options, String publisher, String appendDigest) {
        this.options = options;
        this.publisher = publisher;
        this.appendDigest = appendDigest;
    }

    /**
     * Sends a change.
     *
     * @param entries the fields of its entries in the stream, which get its number
     * @return completes with the answer of Redis: null or 0 if the stream is not there
     */
    CompletionStage<?> append(Backplane.Change change, List<List<Object>> entries, long number, Session to) {
        byte[] numbered = utf8(publisher + ":" + number);
        for (List<Object> fields : entries) {
            fields.add(2, "n"); // after the version
            fields.add(3, numbered);
        }
        return change instanceof Backplane.Change.Events events && needsScript(events.publications())
                ? runScript(events.publications(), entries, to)
                : add(entries.get(0), to);
    }

    private static boolean needsScript(List<Publication> publications) {
        return publications.size() > 1 || publications.get(0).event().id() != null;
    }

    private CompletionStage<String> add(List<Object> fields, Session to) {
        XAddArgs args = new XAddArgs()
                .id(to.epoch() + "-*")
                .nomkstream()
                .maxlen(options.bounds().entries())
                .approximateTrimming();
        return to.writes().xadd(options.streamKey(), args, fields.toArray());
    }

    private CompletionStage<Object> runScript(List<Publication> publications, List<List<Object>> entries, Session to) {
        List<String> keys = new ArrayList<>();
        keys.add(options.streamKey());
        List<byte[]> arguments = new ArrayList<>();
        arguments.add(utf8(to.epoch() + "-*"));
        arguments.add(utf8(Long.toString(options.bounds().entries())));
        arguments.add(utf8(Long.toString(options.timeouts().chosenIds().toMillis())));
        arguments.add(utf8(Integer.toString(publications.size())));
        for (int i = 0; i < publications.size(); i++) {
            String id = publications.get(i).event().id();
            if (id != null) {
                keys.add(options.chosenIdKey(id));
            }
            List<Object> fields = entries.get(i);
            arguments.add(utf8(publications.get(i).topic()));
            arguments.add(utf8(id == null ? "0" : "1"));
            arguments.add(utf8(Integer.toString(fields.size())));
            fields.forEach(each -> arguments.add(each instanceof byte[] value ? value : utf8((String) each)));
        }
        return to.writes()
                .evalsha(
                        appendDigest,
                        ScriptOutputType.INTEGER,
                        keys.toArray(String[]::new),
                        arguments.toArray(byte[][]::new));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Ids that the publisher chose for these events are free again. Without this command they expire. */
    void release(Backplane.Change.Events events, Session at) {
        for (int i = 0; i < events.publications().size(); i++) {
            String id = events.publications().get(i).event().id();
            if (id != null && !events.duplicates().containsKey(i)) {
                at.writes().del(options.chosenIdKey(id));
            }
        }
    }
}
