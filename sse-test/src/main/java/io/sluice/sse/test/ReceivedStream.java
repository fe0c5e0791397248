package io.sluice.sse.test;

import io.sluice.sse.wire.EventParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What the client of a {@link RecordingSink} has received. Written on its lane, read by any thread. */
final class ReceivedStream implements EventParser.Listener {

    private final Consumer<ReceivedEvent> onEvent;
    private final Consumer<String> onLastEventId;
    private final EventParser parser = new EventParser(this);

    // Guarded by this.
    private final List<ReceivedEvent> events = new ArrayList<>();
    private final List<String> comments = new ArrayList<>();
    private final List<Long> retries = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Throwable> failures = new ArrayList<>();
    private boolean failuresSeen = true;
    private String lastEventId = "";

    ReceivedStream(Consumer<ReceivedEvent> onEvent, Consumer<String> onLastEventId) {
        this.onEvent = onEvent;
        this.onLastEventId = onLastEventId;
    }

    void feed(byte[] block, int offset, int length) {
        synchronized (this) {
            bytes.write(block, offset, length);
        }
        parser.feed(block, offset, length);
    }

    @Override
    public void onEvent(String type, String data, String id) {
        ReceivedEvent event = new ReceivedEvent(type, data, id);
        synchronized (this) {
            events.add(event);
        }
        onEvent.accept(event);
    }

    @Override
    public synchronized void onRetry(long millis) {
        retries.add(millis);
    }

    @Override
    public synchronized void onComment(String comment) {
        comments.add(comment);
    }

    @Override
    public void onLastEventId(String id) {
        synchronized (this) {
            lastEventId = id;
        }
        onLastEventId.accept(id);
    }

    synchronized void failed(Throwable failure) {
        failures.add(failure);
        failuresSeen = false;
    }

    synchronized List<ReceivedEvent> events() {
        return List.copyOf(events);
    }

    synchronized List<String> comments() {
        return List.copyOf(comments);
    }

    synchronized List<Long> retries() {
        return List.copyOf(retries);
    }

    synchronized String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    synchronized String lastEventId() {
        return lastEventId;
    }

    synchronized void clear() {
        events.clear();
        comments.clear();
        retries.clear();
        bytes.reset();
    }

    synchronized List<Throwable> failures() {
        failuresSeen = true;
        return List.copyOf(failures);
    }

    synchronized void requireFailuresSeen() {
        if (!failuresSeen) {
            throw new AssertionError("user code failed, and the test did not ask for failures()", failures.get(0));
        }
    }
}
