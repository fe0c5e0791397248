package io.sluice.sse.hub;

import io.sluice.sse.Observer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The joins and leaves that the observer was notified of, in order. */
final class ObservedPresence implements Observer {
    final List<String> changes = new ArrayList<>();

    @Override
    public void joined(String principal, @Nullable String topic) {
        changes.add("+" + principal + "@" + topic);
    }

    @Override
    public void left(String principal, @Nullable String topic) {
        changes.add("-" + principal + "@" + topic);
    }
}
