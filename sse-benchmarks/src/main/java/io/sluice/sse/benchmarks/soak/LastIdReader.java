package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client that waits for one event, and tells its id. */
final class LastIdReader extends StreamReader {

    /** The event's block, whose id comes before or behind its data. */
    private static final Pattern BLOCK = Pattern.compile("((?:[a-z]+: ?[^\\n]*\\n)*data: ?" + (char) TimedReader.MARK
            + "[^\\n]*\\n(?:[a-z]+: ?[^\\n]*\\n)*)\\r?\\n");

    private static final Pattern ID = Pattern.compile("(?:^|\\n)id: ?([^\\n]+)\\n");

    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<String> id = new CompletableFuture<>();

    LastIdReader(String target) {
        super(target);
    }

    @Override
    void received(Channel channel, ByteBuf bytes) {
        text.append(bytes.toString(StandardCharsets.UTF_8).replace("\r", ""));
        Matcher block = BLOCK.matcher(text);
        if (block.find()) {
            Matcher line = ID.matcher(block.group(1));
            if (line.find()) {
                id.complete(line.group(1));
            }
        }
    }

    CompletionStage<String> id() {
        return id;
    }
}
