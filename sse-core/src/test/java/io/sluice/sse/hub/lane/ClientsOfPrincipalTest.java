package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients of a principal are found and ended, and a stream ends when the identity of its client expires. */
class ClientsOfPrincipalTest {

    private static final AccessRules RULES = AccessRules.builder()
            .allow("public/**")
            .allow("users/{principal}/**")
            .build();

    private static FakeSink open(HubFixture bench, Identity identity) {
        FakeSink sink = new FakeSink(bench.hubLane(), null) {
            @Override
            public Identity identity() {
                return identity;
            }

            @Override
            protected @Nullable AccessRules accessRules() {
                return RULES;
            }
        };
        bench.open(sink, StartPosition.live(), Selector.of("public/a"));
        bench.run();
        return sink;
    }

    private static <T> T result(HubFixture bench, CompletionStage<T> stage) {
        bench.run();
        CompletableFuture<T> future = stage.toCompletableFuture();
        assertThat(future).isDone();
        return future.join();
    }

    @Test
    void clientsOfOnePrincipalAreFoundAndRevoked() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink one = open(bench, Identity.of("ann"));
            FakeSink two = open(bench, Identity.of("ann", "ops"));
            FakeSink other = open(bench, Identity.of("bob"));
            FakeSink unknown = open(bench, Identity.UNKNOWN);
            assertThat(result(bench, bench.hub.clients("ann")).stream().map(HubSink::id))
                    .containsExactlyInAnyOrder(one.id(), two.id());
            assertThat(result(bench, bench.hub.revoke("ann"))).isEqualTo(2);
            assertThat(List.of(one, two))
                    .allSatisfy(sink -> assertThat(sink.scope().reason()).isEqualTo(CloseReason.REVOKED));
            assertThat(List.of(other, unknown))
                    .allSatisfy(sink -> assertThat(sink.isOpen()).isTrue());
            assertThat(result(bench, bench.hub.clients("ann"))).isEmpty();
        }
    }

    @Test
    void whatIsAllowedAtFirstIsAllowedLater() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, Identity.of("ann"));
            assertThat(result(bench, sink.subscribe(Selector.of("users/ann/**")))
                            .selector())
                    .hasToString("users/ann/**");
            for (String forbidden : List.of("users/bob", "users/**", "**")) {
                CompletionStage<Throwable> failure =
                        sink.subscribe(Selector.of("public/b", forbidden)).handle((ignored, thrown) -> thrown);
                assertThat(result(bench, failure))
                        .isInstanceOf(SecurityException.class)
                        .hasMessageContaining("\"" + forbidden + "\"");
            }
            bench.publish("users/bob", "no");
            bench.publish("users/ann", "yes");
            bench.run();
            assertThat(sink.data()).containsExactly("yes");
        }
    }

    @Test
    void aStreamEndsWhenTheIdentityExpires() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, Identity.of("ann").until(bench.wallTime.plusSeconds(150)));
            FakeSink left = open(bench, Identity.of("bob").until(bench.wallTime.plusSeconds(150)));
            FakeSink late = open(bench, Identity.of("eve").until(bench.wallTime.minusSeconds(1)));
            assertThat(late.scope().reason()).isEqualTo(CloseReason.IDENTITY_EXPIRED);
            left.close(CloseReason.CLIENT_LEFT);
            pass(bench, 149);
            assertThat(sink.isOpen()).isTrue();
            pass(bench, 1);
            assertThat(sink.scope().reason()).isEqualTo(CloseReason.IDENTITY_EXPIRED);
        } // and no timer is left
    }

    /** The machine has slept, or its clock was corrected. */
    @Test
    void aJumpOfTheWallClockIsNoticedWithinAMinute() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, Identity.of("ann").until(bench.wallTime.plus(Duration.ofDays(400_000))));
            pass(bench, 120);
            assertThat(sink.isOpen()).isTrue();
            bench.wallTime = bench.wallTime.plus(Duration.ofDays(400_001));
            pass(bench, 60);
            assertThat(sink.scope().reason()).isEqualTo(CloseReason.IDENTITY_EXPIRED);
        }
    }

    /** A client that has lost its access gets the end of its stream and nothing else, whatever waits for it. */
    @ParameterizedTest
    @EnumSource(names = {"REVOKED", "IDENTITY_EXPIRED"})
    void nothingMoreIsSentToAClientThatLosesItsAccess(CloseReason reason) {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, Identity.of("ann"));
            FakeSink other = open(bench, Identity.of("bob"));
            bench.lane()
                    .execute(
                            () -> { // runs before the lane looks at what waits
                                sink.close(reason);
                                other.close(CloseReason.LIFETIME_ENDED);
                            });
            bench.publish("public/a", "published");
            sink.send(Event.of("sent directly"));
            other.send(Event.of("sent directly"));
            bench.run();
            assertThat(sink.scope().reason()).isEqualTo(reason);
            assertThat(sink.data()).doesNotContain("sent directly", "published");
            assertThat(other.data()).contains("sent directly");
        }
    }

    private static void pass(HubFixture bench, int seconds) {
        for (int i = 0; i < seconds; i++) {
            bench.wallTime = bench.wallTime.plusSeconds(1);
            bench.lane().advance(Duration.ofSeconds(1));
            bench.run();
        }
    }

    @Test
    void aRevocationIsRememberedForRequestsThatWait() {
        try (HubFixture bench = new HubFixture()) {
            LaneRegistry lanes = TransportAccess.of(bench.hub);
            long before = lanes.revocationCount();
            assertThat(lanes.isRevokedSince(before, "ann")).isFalse();
            result(bench, bench.hub.revoke("ann"));
            assertThat(lanes.isRevokedSince(before, "ann")).isTrue();
            assertThat(lanes.isRevokedSince(before, "bob")).isFalse();
            assertThat(lanes.isRevokedSince(lanes.revocationCount(), "ann")).isFalse();
            for (int i = 0; i < Revocations.REMEMBERED; i++) {
                lanes.revoke("other");
            }
            assertThat(lanes.isRevokedSince(before, "bob"))
                    .as("too many to be sure")
                    .isTrue();
            assertThat(lanes.isRevokedSince(before + 1, "bob")).isFalse();
        }
    }
}
