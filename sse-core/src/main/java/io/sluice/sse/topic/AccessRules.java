package io.sluice.sse.topic;

import io.sluice.sse.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides by topic which clients may subscribe and publish. A client may do what at least one rule allows, and nothing
 * else. A pattern is allowed only if one rule allows every topic that the pattern can match. Immutable.
 *
 * <pre>{@code
 * AccessRules rules = AccessRules.builder()
 *         .allow("public/**")                 // every client, known or not
 *         .allow("users/{principal}/**")      // ann may subscribe to users/ann and all topics below it
 *         .allowGroup("ops", "alerts/**")
 *         .allowPublish("users/{principal}/inbox")
 *         .build();
 * }</pre>
 *
 * <p>The pattern of a rule is a topic name or a {@link TopicPattern}. Its segment {@code {principal}} stands for the
 * principal of the client, as one segment. A principal that is not a valid segment, for example because it contains
 * {@code /} or {@code *}, is allowed nothing by such a rule.
 */
public final class AccessRules {

    private static final String PRINCIPAL = "{principal}";
    private static final String[] NONE = {};

    private final List<Rule> rules;
    /** Rules that have to allow everything as well; null if there are none. */
    private final @Nullable AccessRules also;

    private AccessRules(List<Rule> rules, @Nullable AccessRules also) {
        this.rules = rules;
        this.also = also;
    }

    private enum Action {
        SUBSCRIBE,
        PUBLISH
    }

    private enum Clients {
        ALL,
        KNOWN,
        GROUP
    }

    /**
     * @param name the group, or the attribute with the patterns
     * @param pattern the segments; null if an attribute of the identity lists the patterns
     */
    private record Rule(Action action, Clients clients, String name, String @Nullable [] pattern) {

        boolean allows(Identity identity, String[] wanted) {
            boolean applies = switch (clients) {
                case ALL -> true;
                case KNOWN -> identity.isKnown();
                case GROUP -> identity.groups().contains(name);
            };
            return applies
                    && (pattern == null
                            ? listed(identity.attributes().get(name), wanted)
                            : contains(withPrincipal(pattern, identity.principal()), wanted));
        }

        /** Whether the rule may allow this to a client that identifies itself. */
        boolean couldAllow(String[] wanted) {
            return pattern == null || contains(fill(pattern, TopicPattern.ANY_ONE), wanted);
        }

        private static boolean listed(@Nullable String patterns, String[] wanted) {
            return patterns != null
                    && patterns.lines().anyMatch(each -> isTerm(each) && contains(each.split("/", -1), wanted));
        }
    }

    /** A builder without rules, which allow nothing. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects rules. Each method throws an {@link IllegalArgumentException} if the pattern is not valid. */
    public static final class Builder {

        private final List<Rule> rules = new ArrayList<>();

        private Builder() {}

        /** Allows every client to subscribe; with {@code {principal}} in the pattern, every known client. */
        public Builder allow(String pattern) {
            return add(Action.SUBSCRIBE, Clients.ALL, "", parse(pattern));
        }

        /** Allows every known client to subscribe. */
        public Builder allowKnown(String pattern) {
            return add(Action.SUBSCRIBE, Clients.KNOWN, "", parse(pattern));
        }

        /** Allows the clients of a group to subscribe. */
        public Builder allowGroup(String group, String pattern) {
            return add(Action.SUBSCRIBE, Clients.GROUP, Objects.requireNonNull(group, "group"), parse(pattern));
        }

        /**
         * Allows each client to subscribe to the names and patterns that an attribute of its identity lists, one per
         * line, for example from a claim of its token. A line that is not a name or a pattern allows nothing, and
         * {@code {principal}} has no meaning there.
         */
        public Builder allowListed(String attribute) {
            return add(Action.SUBSCRIBE, Clients.ALL, Objects.requireNonNull(attribute, "attribute"), null);
        }

        /** Allows every client to publish; with {@code {principal}} in the pattern, every known client. */
        public Builder allowPublish(String pattern) {
            return add(Action.PUBLISH, Clients.ALL, "", parse(pattern));
        }

        /** Allows every known client to publish. */
        public Builder allowKnownPublish(String pattern) {
            return add(Action.PUBLISH, Clients.KNOWN, "", parse(pattern));
        }

        /** Allows the clients of a group to publish. */
        public Builder allowGroupPublish(String group, String pattern) {
            return add(Action.PUBLISH, Clients.GROUP, Objects.requireNonNull(group, "group"), parse(pattern));
        }

        /** As {@link #allowListed}, for publishing. */
        public Builder allowListedPublish(String attribute) {
            return add(Action.PUBLISH, Clients.ALL, Objects.requireNonNull(attribute, "attribute"), null);
        }

        private Builder add(Action action, Clients clients, String name, String @Nullable [] pattern) {
            rules.add(new Rule(action, clients, name, pattern));
            return this;
        }

        private static String[] parse(String pattern) {
            String[] segments = Objects.requireNonNull(pattern, "pattern").split("/", -1);
            for (String segment : segments) {
                if (!segment.equals(PRINCIPAL) && (segment.indexOf('{') >= 0 || segment.indexOf('}') >= 0)) {
                    throw TopicName.invalid(pattern, "a brace is allowed in the segment {principal} only");
                }
            }
            // The shortest valid segment in its place: the rules of topic names apply to the rest.
            TopicPattern.of(pattern.replace(PRINCIPAL, "p"));
            return segments;
        }

        /** Builds the rules. */
        public AccessRules build() {
            return new AccessRules(List.copyOf(rules), null);
        }
    }

    /** Rules that allow what both of these allow. */
    @CheckReturnValue
    public AccessRules and(AccessRules other) {
        Objects.requireNonNull(other, "other");
        return new AccessRules(rules, also == null ? other : also.and(other));
    }

    /**
     * Whether the client may subscribe.
     *
     * @param term a topic name or a pattern; false if it is neither
     */
    public boolean maySubscribe(Identity identity, String term) {
        return isTerm(term) && allows(Action.SUBSCRIBE, identity, term.split("/", -1));
    }

    /** Whether the client may publish. @param topic false if it is not a topic name */
    public boolean mayPublish(Identity identity, String topic) {
        return !TopicPattern.isPattern(topic)
                && isTerm(topic)
                && allows(Action.PUBLISH, identity, topic.split("/", -1));
    }

    /** The first name or pattern that the client may not subscribe to; null if it may subscribe to all of them. */
    public @Nullable String firstForbidden(Identity identity, Selector selector) {
        for (String term : selector.terms()) {
            if (!maySubscribe(identity, term)) {
                return term;
            }
        }
        return null;
    }

    /**
     * Whether an unknown client may gain a permission if it identifies itself. If no rule could allow it to any client,
     * its authentication would be in vain.
     *
     * @param term a topic name or a pattern
     */
    public boolean couldSubscribe(String term) {
        return isTerm(term) && could(Action.SUBSCRIBE, term.split("/", -1));
    }

    /** As {@link #couldSubscribe}, for publishing. */
    public boolean couldPublish(String topic) {
        return isTerm(topic) && could(Action.PUBLISH, topic.split("/", -1));
    }

    private boolean allows(Action action, Identity identity, String[] wanted) {
        return rules.stream().anyMatch(rule -> rule.action == action && rule.allows(identity, wanted))
                && (also == null || also.allows(action, identity, wanted));
    }

    private boolean could(Action action, String[] wanted) {
        return rules.stream().anyMatch(rule -> rule.action == action && rule.couldAllow(wanted))
                && (also == null || also.could(action, wanted));
    }

    private static boolean isTerm(String term) {
        try {
            TopicPattern.of(term); // a name is a pattern without wildcards
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The pattern for this principal. It is empty, and so allows nothing, if the principal is not a valid segment. */
    private static String[] withPrincipal(String[] pattern, @Nullable String principal) {
        if (!List.of(pattern).contains(PRINCIPAL)) {
            return pattern;
        }
        return principal != null && isSegment(principal) ? fill(pattern, principal) : NONE;
    }

    /** A segment of a name. A wildcard in it would widen the rule. */
    private static boolean isSegment(String principal) {
        return principal.indexOf('/') < 0 && !TopicPattern.isPattern(principal) && isTerm(principal);
    }

    private static String[] fill(String[] pattern, String segment) {
        String[] filled = pattern.clone();
        for (int i = 0; i < filled.length; i++) {
            filled[i] = filled[i].equals(PRINCIPAL) ? segment : filled[i];
        }
        return filled;
    }

    /**
     * Whether a pattern matches every topic that another one matches. Both are valid, or the first one is empty and
     * matches nothing.
     */
    static boolean contains(String[] pattern, String[] other) {
        for (int i = 0; i < pattern.length; i++) {
            if (pattern[i].equals(TopicPattern.ANY_NUMBER)) {
                return true; // it is the last segment, and matches whatever the other one has left
            }
            if (i == other.length) {
                return false;
            }
            if (other[i].equals(TopicPattern.ANY_NUMBER)) {
                // It also matches topics of i segments, which are too short for the pattern. But no topic has none, so
                // at the beginning it is the same as */**.
                return i == 0
                        && pattern[0].equals(TopicPattern.ANY_ONE)
                        && pattern.length == 2
                        && pattern[1].equals(TopicPattern.ANY_NUMBER);
            }
            if (!pattern[i].equals(TopicPattern.ANY_ONE) && !pattern[i].equals(other[i])) {
                return false;
            }
        }
        return pattern.length > 0 && pattern.length == other.length;
    }
}
