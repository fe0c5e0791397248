package io.sluice.sse.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.sse.Identity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rule allows exactly the topics of its pattern, to exactly its clients. */
class AccessRulesTest {

    private static final Identity ANN = Identity.of("ann", "ops");
    private static final Identity BOB = Identity.of("bob");

    private static final AccessRules RULES = AccessRules.builder()
            .allow("public/**")
            .allow("users/{principal}/**")
            .allowKnown("news/*")
            .allowGroup("ops", "alerts/**")
            .allowListed("topics")
            .allowPublish("users/{principal}/inbox")
            .allowGroupPublish("ops", "alerts/*")
            .build();

    @Test
    void eachRuleAppliesToItsClients() {
        for (Identity any : List.of(ANN, BOB, Identity.UNKNOWN)) {
            assertThat(RULES.maySubscribe(any, "public/a/b")).isTrue();
            assertThat(RULES.maySubscribe(any, "public/**")).isTrue();
            assertThat(RULES.maySubscribe(any, "payroll")).isFalse();
            assertThat(RULES.maySubscribe(any, "**")).isFalse();
            assertThat(RULES.maySubscribe(any, "users/*")).isFalse();
            assertThat(RULES.mayPublish(any, "public/a"))
                    .as("publishing has rules of its own")
                    .isFalse();
        }
        assertThat(RULES.maySubscribe(ANN, "users/ann")).isTrue();
        assertThat(RULES.maySubscribe(ANN, "users/ann/*/x")).isTrue();
        assertThat(RULES.maySubscribe(BOB, "users/ann")).isFalse();
        assertThat(RULES.maySubscribe(Identity.UNKNOWN, "users/ann")).isFalse();
        assertThat(RULES.maySubscribe(Identity.of("{principal}"), "users/ann")).isFalse();
        assertThat(RULES.maySubscribe(ANN, "alerts/**")).isTrue();
        assertThat(RULES.maySubscribe(BOB, "alerts/disk")).isFalse();
        assertThat(RULES.maySubscribe(BOB, "news/*")).isTrue();
        assertThat(RULES.maySubscribe(Identity.UNKNOWN, "news/1")).isFalse();
        assertThat(RULES.mayPublish(ANN, "alerts/disk")).isTrue();
        assertThat(RULES.mayPublish(BOB, "alerts/disk")).isFalse();
        assertThat(RULES.mayPublish(BOB, "users/bob/inbox")).isTrue();
        assertThat(RULES.mayPublish(BOB, "users/ann/inbox")).isFalse();
        assertThat(RULES.mayPublish(ANN, "alerts/*"))
                .as("a pattern is not a topic")
                .isFalse();
    }

    @Test
    void anAttributeListsPatterns() {
        Identity listed = BOB.with("topics", "orders/7\nroom/*\nbad//name\nx*\n");
        assertThat(RULES.maySubscribe(listed, "orders/7")).isTrue();
        assertThat(RULES.maySubscribe(listed, "orders/8")).isFalse();
        assertThat(RULES.maySubscribe(listed, "room/*")).isTrue();
        assertThat(RULES.maySubscribe(listed, "room/**")).isFalse();
        assertThat(RULES.maySubscribe(BOB, "orders/7")).isFalse();
        assertThat(RULES.maySubscribe(BOB.with("topics", "users/{principal}"), "users/bob/x"))
                .as("by another rule")
                .isTrue();
        assertThat(RULES.maySubscribe(BOB.with("topics", "mine/{principal}"), "mine/bob"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "**", "ann/**", "/", "a/b", ".", "..", "x*", "a\u0000", "\u200b", "a\n"})
    void anOddPrincipalWidensNoRule(String principal) {
        Identity odd = Identity.of(principal);
        AccessRules rules = AccessRules.builder()
                .allow("users/{principal}/**")
                .allow("{principal}/**")
                .build();
        for (String wanted :
                List.of("users/ann", "users/*", "users/**", "users/ann/x", "users", "**", "*/x", "ann/x", "a/b/c")) {
            assertThat(rules.maySubscribe(odd, wanted)).as(wanted).isFalse();
        }
    }

    @Test
    void bothOfTwoRuleSetsMustAllow() {
        AccessRules both = RULES.and(
                AccessRules.builder().allow("public/a/**").allow("users/**").build());
        assertThat(both.maySubscribe(ANN, "public/a/1")).isTrue();
        assertThat(both.maySubscribe(ANN, "public/b")).isFalse();
        assertThat(both.maySubscribe(ANN, "users/ann")).isTrue();
        assertThat(both.maySubscribe(ANN, "users/bob")).isFalse();
        assertThat(both.firstForbidden(ANN, Selector.of("users/ann", "public/b")))
                .isEqualTo("public/b");
        assertThat(both.firstForbidden(ANN, Selector.of("users/ann"))).isNull();
    }

    @Test
    void whetherAuthenticationCouldHelp() {
        assertThat(RULES.couldSubscribe("users/ann/x")).isTrue();
        AccessRules rules = AccessRules.builder()
                .allow("users/{principal}/**")
                .allowGroupPublish("ops", "alerts/**")
                .build();
        assertThat(rules.couldSubscribe("users/ann")).isTrue();
        assertThat(rules.couldSubscribe("payroll")).isFalse();
        assertThat(rules.couldPublish("alerts/disk")).isTrue();
        assertThat(rules.couldPublish("users/ann")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a//b", "a/**/b", "x*", "users/{user}", "users/u-{principal}", "{principal", "a/{principal}}"
            })
    void aWrongPatternIsAnError(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccessRules.builder().allow(pattern))
                .withMessageStartingWith("topic \"" + pattern);
    }

    /** Compares containment with its definition: each topic that the one matches is one that the other matches. */
    @Test
    void containmentIsExact() {
        Random random = new Random(14);
        List<String> topics = new ArrayList<>();
        // Longer than every pattern, and with a segment (c) that no pattern has.
        topics(topics, "", 6);
        int contained = 0;
        for (int i = 0; i < 4_000; i++) {
            String pattern = pattern(random);
            String other = pattern(random);
            TopicPattern outer = TopicPattern.of(pattern);
            TopicPattern inner = TopicPattern.of(other);
            boolean expected = topics.stream().allMatch(topic -> !inner.matches(topic) || outer.matches(topic));
            assertThat(AccessRules.contains(pattern.split("/", -1), other.split("/", -1)))
                    .as("%s contains %s", pattern, other)
                    .isEqualTo(expected);
            contained += expected ? 1 : 0;
        }
        assertThat(contained).isBetween(400, 3_600);
    }

    private static void topics(List<String> all, String parent, int depth) {
        if (depth == 0) {
            return;
        }
        for (String segment : List.of("a", "b", "c")) {
            all.add(parent + segment);
            topics(all, parent + segment + "/", depth - 1);
        }
    }

    private static String pattern(Random random) {
        int length = 1 + random.nextInt(4);
        List<String> segments = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            int kind = random.nextInt(i == length - 1 ? 5 : 4);
            segments.add(kind == 4 ? "**" : kind >= 2 ? "*" : kind == 1 ? "b" : "a");
        }
        return String.join("/", segments);
    }

    @Test
    void anIdentityPrintsNoValueOfAnAttribute() {
        Identity identity =
                new Identity("ann", Set.of("ops")).with("token", "s3cret").until(Instant.parse("2026-11-21T10:00:00Z"));
        assertThat(identity.toString())
                .isEqualTo("Identity[principal=ann, groups=[ops], expiry=2026-11-21T10:00:00Z, attributes=[token]]");
        assertThat(identity.attributes()).containsEntry("token", "s3cret");
        assertThat(Identity.of("ann"))
                .isEqualTo(new Identity("ann", Set.of()))
                .hasToString("Identity[principal=ann, groups=[]]");
        assertThat(new Identity(null, Set.of("ops")).isKnown()).isTrue();
        assertThat(new Identity(null, Set.of()).isKnown()).isFalse();
    }
}
