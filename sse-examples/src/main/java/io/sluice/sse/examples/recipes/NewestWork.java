package io.sluice.sse.examples.recipes;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Makes maps that keep the newest work of a recipe. */
final class NewestWork {

    private NewestWork() {}

    /**
     * A map that forgets its oldest ended work when it has more than {@code max} entries. Work that runs stays, so that
     * a client can still cancel it. Not thread-safe.
     *
     * @param max more than the work that can run at the same time
     */
    static <V> Map<String, V> map(int max, Predicate<V> hasEnded) {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                if (size() > max) {
                    Iterator<V> oldestFirst = values().iterator();
                    while (!hasEnded.test(oldestFirst.next())) {
                        if (!oldestFirst.hasNext()) {
                            return false;
                        }
                    }
                    oldestFirst.remove();
                }
                return false; // the entry to remove is already removed
            }
        };
    }
}
