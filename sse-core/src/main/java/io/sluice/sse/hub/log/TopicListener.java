package io.sluice.sse.hub.log;

import io.sluice.sse.Sink;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscribers of one topic on one lane, as the log sees them. The listeners of a topic form a list, linked through
 * {@link #next}. All methods except {@link #wake} and {@link #next} are called under the hub's lock only.
 */
public interface TopicListener {

    /** The lane, or another object, that registered this listener. It has at most one listener of a topic. */
    Object owner();

    /** The topic has a new event. Called before the head is released. */
    void mark();

    /** The head that covers the marked events was released. Called after the hub's lock was released. */
    void wake();

    /** How many distinct sinks of this listener named exactly this topic. */
    int exactSubscriberCount();

    /** Whether sinks of this listener subscribe by a pattern, so that one sink may be listed twice. */
    boolean hasPatternSubscribers();

    /** Calls {@code action} with each sink that subscribes here; more than once if it is listed more than once. */
    void forEachSubscriber(Consumer<? super Sink> action);

    /** Whether a subscriber named exactly this topic: the topic is then kept even if it is empty. */
    boolean hasExactSubscribers();

    /**
     * The next listener of the topic. Written under the hub's lock. A publisher may follow this link after it released
     * the lock: a removed listener keeps its link, so the publisher still visits each listener that stays.
     */
    @Nullable
    TopicListener next();

    /** Links the next listener of the topic. */
    void setNext(@Nullable TopicListener next);
}
