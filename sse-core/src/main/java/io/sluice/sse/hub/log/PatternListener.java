package io.sluice.sse.hub.log;

/** Receives the new topics of one pattern. Called under the hub's lock. */
public interface PatternListener {

    /** A topic that matches the pattern was created. */
    void topicCreated(Topic topic);
}
