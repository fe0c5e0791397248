package io.sluice.sse.hub.log;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.log.HistoryModel.ModelEvent;
import io.sluice.sse.topic.OverflowPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks each block of one connection when the hub writes it, against the model at that moment: it must be the expected
 * block, and no event before it may be missing unless a gap reported it.
 */
public final class StreamJudge {

    private static final Pattern GAP = Pattern.compile(
            "\\{\"reason\":\"(\\w+)\",\"lastEventId\":(?:null|\"([^\"]*)\"),\"resumeId\":\"([^\"]*)\"}");

    /** The expected first block of a connection. */
    private record Beginning(long position, long reported, String reason, String lastEventId) {}

    private final HistoryModel model;
    private final List<String> terms;
    private final boolean patterns;
    private final OverflowPolicy policy;

    /** The expected first block; null after it was written. */
    private Beginning beginning;

    /** Computes the expected first block, possibly only after the store was read. */
    private Supplier<Beginning> question;

    /**
     * An event published then or later that is lost when the stream starts causes a gap. Null if the client requests no
     * time.
     */
    private Long since;

    /** Everything up to here must be stored before the store can answer; -1 if no answer is pending. */
    private long asksUpTo = -1;

    private boolean asked;

    private long at;
    /** Evictions up to this number need no gap. */
    private long reported;

    public StreamJudge(HistoryModel model, List<String> terms, OverflowPolicy policy) {
        this.model = model;
        this.terms = terms;
        this.patterns = terms.stream().anyMatch(term -> term.contains("*"));
        this.policy = policy;
    }

    // ---- the expected first block

    public void expectLive() {
        beginning = new Beginning(model.head(), 0, null, null);
    }

    public void expectReplay(int count) {
        long head = model.head();
        question = () -> {
            List<ModelEvent> kept = model.wanted(terms, 0).stream()
                    .filter(each -> each.isKept() && each.position <= head)
                    .toList();
            long position = kept.isEmpty() ? head : kept.get(Math.max(0, kept.size() - count)).position - 1;
            return new Beginning(position, model.evictions(), null, null);
        };
        beginning = question.get();
    }

    public void expectSince(long nanos) {
        long head = model.head();
        since = nanos;
        question = () -> {
            long position = model.wanted(terms, 0).stream()
                            .filter(each -> each.isKept() && each.nanos >= nanos)
                            .mapToLong(each -> each.position)
                            .filter(each -> each <= head)
                            .findFirst()
                            .orElse(head + 1)
                    - 1;
            return new Beginning(position, model.evictions(), null, null);
        };
        beginning = question.get();
    }

    /** Losses since the requested time are determined when the stream starts, which may be later than the answer. */
    private Beginning withLossSince(Beginning expected) {
        boolean lost = model.wanted(terms, 0).stream().anyMatch(each -> each.nanos >= since && !each.isKept());
        if (!lost) {
            return expected;
        }
        long position = policy == OverflowPolicy.LATEST ? model.head() : expected.position;
        return new Beginning(position, model.evictions(), "evicted", null);
    }

    /** Called when more events are stored: the store may be able to answer now. */
    public void judgeStored() {
        if (asksUpTo >= 0 && model.stored() >= asksUpTo) {
            beginning = question.get();
            asksUpTo = -1;
        }
    }

    public void expectAfter(String id) {
        ModelEvent chosen = model.keptWithId(id);
        long position = chosen == null ? model.positionOf(id) : chosen.position;
        String reason = null;
        if (position < 0) {
            reason = HistoryModel.hasHubFormat(id) ? "foreign" : "unknown";
        } else if (position > model.head()) {
            reason = "ahead";
        } else if (model.isLost(position)) {
            reason = "lost";
        } else if (isMissing(position, 0)) {
            reason = "evicted";
        }
        if (reason == null) {
            beginning = new Beginning(position, 0, null, null);
            return;
        }
        long resume = policy == OverflowPolicy.LATEST
                ? model.head()
                : model.beforeOldestKept(terms, reason.equals("evicted") || reason.equals("lost") ? position : 0);
        String echoed = id.matches("[A-Za-z0-9._~-]{1,128}") ? id : null;
        beginning = new Beginning(resume, model.evictions(), reason, echoed);
    }

    // ---- written blocks

    public void judge(byte[] block) {
        String text = new String(block, StandardCharsets.UTF_8);
        String id = field(text, "id");
        String data = field(text, "data");
        boolean gap = "gap".equals(field(text, "event"));
        if (beginning != null && id == null && question != null && model.hasStore()) {
            judgeAsks(text, data);
        } else if (beginning != null) {
            judgeFirst(text, id, data, gap);
        } else if (gap) {
            judgeGap(id, data);
        } else if (data != null) {
            judgeEvent(id, data);
        } else if (id != null) {
            long position = model.positionOf(id);
            check(position >= at && position <= model.head(), () -> "a heartbeat with position " + position);
            judgeNothingOmitted(position + 1);
            at = position;
        }
    }

    /** The starting position is not known yet, because the store is being read. */
    private void judgeAsks(String text, String data) {
        check(data == null, () -> "data before the first block: " + text);
        if (!asked) {
            check(text.startsWith("retry: "), () -> "the first block has no retry: " + text);
            asked = true;
            asksUpTo = model.head();
        }
    }

    private void judgeFirst(String text, String id, String data, boolean gap) {
        Beginning expected = since == null ? beginning : withLossSince(beginning);
        beginning = null;
        check(asked || text.startsWith("retry: "), () -> "the first block does not begin with retry: " + text);
        check(asksUpTo < 0, () -> "first block before the store could answer: " + text);
        check(model.id(expected.position).equals(id), () -> "begins at " + id + ", and not at " + expected);
        check(gap == (expected.reason != null), () -> (gap ? "a gap: " : "no gap: ") + expected);
        if (gap) {
            Matcher fields = gapFields(data);
            check(
                    fields.group(1).equals(expected.reason),
                    () -> "a gap with another reason: " + data + ", expected " + expected);
            check(
                    expected.lastEventId == null
                            ? fields.group(2) == null
                            : expected.lastEventId.equals(fields.group(2)),
                    () -> "a gap with another lastEventId: " + data + ", expected " + expected);
            check(fields.group(3).equals(id), () -> "two different ids to resume from: " + data);
        } else {
            check(data == null, () -> "data in the first block: " + text);
        }
        at = expected.position;
        reported = expected.reported;
    }

    private void judgeGap(String id, String data) {
        Matcher fields = gapFields(data);
        check(policy != OverflowPolicy.DISCONNECT, () -> "continues after a gap, against its policy");
        check(mayBeMissing(), () -> "a gap although nothing was missed after " + at);
        check(fields.group(1).equals("evicted") && fields.group(3).equals(id), () -> "wrong fields of a gap: " + data);
        long known = model.positionOf(fields.group(2));
        check(known >= at && known <= model.head(), () -> "a gap after " + known);
        judgeNothingOmitted(known + 1, true);
        long resume = policy == OverflowPolicy.LATEST ? model.head() : model.beforeOldestKept(terms, known);
        check(model.id(resume).equals(id), () -> "continues at " + id + ", and not at " + resume);
        at = resume;
        reported = model.evictions();
    }

    private void judgeEvent(String id, String data) {
        long position = Long.parseLong(data.substring(0, data.indexOf(':')));
        ModelEvent event = model.at(position);
        check(event.data.equals(data), () -> "other data");
        check(
                id.equals(event.publisherId == null ? model.id(position) : event.publisherId),
                () -> "position " + position + " as " + id);
        check(model.wants(terms, event), () -> "an event of " + event.topic);
        check(position > at, () -> "position " + position + " again or too late");
        judgeNothingOmitted(position);
        at = position;
    }

    private void judgeNothingOmitted(long before) {
        judgeNothingOmitted(before, false);
    }

    private void judgeNothingOmitted(long before, boolean mayBeEvicted) {
        for (ModelEvent each : model.wanted(terms, at)) {
            if (each.position < before) {
                boolean excused = !each.isKept() && (mayBeEvicted || each.gone <= reported);
                check(
                        excused,
                        () -> "position " + each.position + " of " + each.topic + " is omitted before " + before);
            }
        }
    }

    public boolean hasBegun() {
        return beginning == null;
    }

    /** The lane is idle and the client accepts more bytes: no event may be missing. */
    public void judgeAtRest() {
        check(beginning == null, () -> "no first block");
        judgeNothingOmitted(model.head() + 1);
    }

    /** Checks that the client knows the position of the head. */
    public void judgeKnowsHead(String lastId) {
        check(model.positionOf(lastId) == model.head(), () -> "two heartbeats later the client still has " + lastId);
    }

    public void judgeEnd(CloseReason reason) {
        if (reason == CloseReason.SLOW_CONSUMER) {
            check(policy == OverflowPolicy.DISCONNECT, () -> "disconnected, against its policy");
            check(mayBeMissing(), () -> "disconnected although nothing was missed after " + at);
        } else {
            check(
                    reason == CloseReason.CLIENT_LEFT || reason == CloseReason.SERVER_DRAINING,
                    () -> "ended for another reason: " + reason);
        }
    }

    private boolean isMissing(long behind, long reportedBefore) {
        return model.wanted(terms, behind).stream().anyMatch(each -> each.gone > reportedBefore);
    }

    /**
     * Several forgotten topics of a pattern leave one floor, which may cause one gap too many for a client that has
     * just got a gap.
     */
    private boolean mayBeMissing() {
        return patterns ? isMissing(at, 0) && isMissing(0, reported) : isMissing(at, reported);
    }

    private static Matcher gapFields(String data) {
        Matcher fields = GAP.matcher(data);
        check(fields.matches(), () -> "malformed gap: " + data);
        return fields;
    }

    private static String field(String block, String name) {
        for (String line : block.split("\n")) {
            if (line.startsWith(name + ": ")) {
                return line.substring(name.length() + 2);
            }
        }
        return null;
    }

    private static void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }
}
