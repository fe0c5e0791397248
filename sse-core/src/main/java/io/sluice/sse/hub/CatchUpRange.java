package io.sluice.sse.hub;

/**
 * The events that are next for one sink that is behind, at most a frame of them: out of the rings, or out of a page of the
 * history. Used again for each sink; confined to its lane.
 */
final class CatchUpRange {

    private final HubLane lane;
    private final Entries entries = new Entries();

    /** What is due to the sink of a variant out of those, in its form. */
    private final Entries due = new Entries();

    CatchUpRange(HubLane lane) {
        this.lane = lane;
    }

    /** All that lies in the range, whoever it is meant for. */
    Entries entries() {
        return entries;
    }

    /** What {@link #collectDue} has taken out of it. */
    Entries due() {
        return due;
    }

    /** Lets every entry go. */
    void clear() {
        entries.clear();
        due.clear();
    }

    /**
     * Copies what lies between the sink and its lane, at most a frame.
     *
     * @return the position up to which the copy is whole
     */
    long collect(LaneSink sink, int room) {
        long limit = lane.position;
        int topics = 0;
        for (Subscription each = sink.subscriptions(); each != null; each = each.next) {
            long after = Math.max(sink.position, each.since());
            for (SubscriberList audience : each.audiences) {
                if (audience instanceof TopicSubscribers here) {
                    int before = entries.size();
                    limit = copy(here.topic, after, room, limit);
                    topics += entries.size() > before ? 1 : 0;
                } else if (audience instanceof SubscriberList.PatternSubscribers byPattern) {
                    PatternTopics.Known known = byPattern.topics.known();
                    for (int i = 0; i < known.size; i++) {
                        if (known.get(i).log.hasAfter(after)) {
                            limit = copy(known.get(i), after, room, limit);
                            topics++;
                        }
                    }
                }
            }
        }
        if (topics > 1) {
            sort(sink);
        }
        return cut(room, limit);
    }

    /** Nothing above the limit is copied: another topic has more below it than the frame has room for. */
    private long copy(Topic topic, long after, int room, long limit) {
        if (topic.log.copy(after, limit, room, entries) == TopicLog.Copied.UP_TO_ROOM) {
            return Math.min(limit, entries.get(entries.size() - 1).position);
        }
        return limit;
    }

    /** Leaves what fits into a frame and lies at or below the limit. */
    private long cut(int mostBytes, long limit) {
        int room = mostBytes;
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            if (i > 0 && entry.position == entries.get(i - 1).position) {
                continue; // the same event: the cut goes before or behind both
            }
            if (entry.position > limit || (i > 0 && entry.wire.length > room)) {
                long end = entries.get(i - 1).position;
                entries.truncate(i);
                return end;
            }
            room -= entry.wire.length;
        }
        return limit;
    }

    /**
     * Takes what the history has for the sink.
     *
     * @return the position up to which the page is whole
     */
    long take(HistoryPager.Page page, LaneSink sink) {
        boolean hearsAll = RecentRanges.isSharing(sink);
        for (LogEntry entry : page.entries()) {
            if (hearsAll || Subscription.matches(sink.subscription, entry)) {
                entries.add(entry);
            }
        }
        sort(sink);
        return page.end();
    }

    private void sort(LaneSink sink) {
        entries.sortByPosition();
        if (!sink.varied) { // else a filter has a look at each
            entries.dropRepeats();
        }
    }

    /**
     * Takes what goes to this sink out of the entries, in the form in which it goes.
     *
     * @return the position up to which that is whole
     */
    long collectDue(LaneSink sink, int mostBytes, long wholeUpTo) {
        EventView variant = sink.variant();
        int room = mostBytes;
        long last = sink.position;
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            // The same event in another of its topics is asked about only if it was not let through before.
            LogEntry form = entry.position == last ? null : EventView.formFor(new TopicEvent(entry), sink, variant);
            if (form == null) {
                continue;
            }
            if (!due.isEmpty() && form.wire.length > room) {
                return form.position - 1;
            }
            due.add(form);
            room -= form.wire.length;
            last = form.position;
        }
        return wholeUpTo;
    }
}
