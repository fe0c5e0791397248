package io.sluice.sse.hub.log;

/** Is notified of new topics that match one pattern. Called under the hub's lock. */
public interface PatternListener {

    /** A topic that matches the pattern was created. */
    void topicCreated(Topic topic);
}
