package io.sluice.sse;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows of the design between packages, and what this module shows to the world. */
class ArchitectureTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse");

    @Test
    void theCoreKnowsNoNetwork() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "io.lettuce..", "java.net..", "java.nio.channels..")
                .check(MAIN);
    }

    @Test
    void theWireKnowsEventsOnly() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.wire")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse", "io.sluice.sse.wire", "java..", "org.jspecify..")
                .check(MAIN);
    }

    @Test
    void theRootPackageKnowsNeitherHubNorWire() {
        noClasses()
                .that()
                .resideInAPackage("io.sluice.sse")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.hub", "io.sluice.sse.wire")
                .check(MAIN);
    }

    @Test
    void theHubKnowsTheWireAndNothingOptional() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.hub")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.sluice.sse",
                        "io.sluice.sse.wire",
                        "io.sluice.sse.history",
                        "io.sluice.sse.hub",
                        "java..",
                        "org.slf4j..",
                        "org.jspecify..")
                .check(MAIN);
    }

    /** What a hub asks of a history is known to both sides, and neither knows more of the other. */
    @Test
    void aHistoryKnowsNoHub() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.history")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.history", "java..", "org.jspecify..", "org.h2.mvstore..")
                .check(MAIN);
    }

    @Test
    void onlyTheMvStoreHistoryKnowsH2() {
        noClasses()
                .that()
                .haveNameNotMatching("io\\.sluice\\.sse\\.history\\.MvStore.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.h2..")
                .check(MAIN);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.sluice.sse.history")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("io\\.sluice\\.sse\\.history\\.MvStore.*")
                .check(MAIN);
    }

    /** They are written as a user would write them. */
    @Test
    void readySourcesKnowSinksAndEventsOnly() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.source")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse", "io.sluice.sse.source", "java..", "org.jspecify..")
                .check(MAIN);
    }

    @Test
    void onlyTheirOwnPackagesKnowJacksonAndMicrometer() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.sluice.sse.json", "io.sluice.sse.metrics")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "io.micrometer..")
                .check(MAIN);
    }

    @Test
    void nobodySleepsOrAsksTheWallClockForTime() {
        noClasses()
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(java.util.Timer.class, java.util.Date.class, java.time.Clock.class)
                .check(MAIN);
        noClasses()
                .that()
                .doNotHaveSimpleName("LocalSequencer") // the epoch of a new hub
                .and()
                .doNotHaveSimpleName("WallClock") // what a client means by a time
                .should()
                .callMethod(java.time.Instant.class, "now")
                .check(MAIN);
    }

    @Test
    void whatIsPublic() {
        assertThat(MAIN.stream()
                        .filter(type -> type.isTopLevelClass()
                                && type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("package-info"))
                        .map(type -> type.getName().substring("io.sluice.sse.".length())))
                .containsExactlyInAnyOrder(
                        "CloseReason",
                        "CloseStep",
                        "ClosedException",
                        "Event",
                        "Gap",
                        "Identity",
                        "Ledger",
                        "Observer",
                        "Refusals",
                        "Registration",
                        "Scope",
                        "ScopeHome",
                        "Sink",
                        "SinkFullException",
                        "Source",
                        "history.Eviction",
                        "history.History",
                        "history.HistoryException",
                        "history.HistoryPage",
                        "history.HistorySync",
                        "history.LostRange",
                        "history.MvStoreHistory",
                        "history.Recovered",
                        "history.StoredEvent",
                        "history.StoredTopic",
                        "hub.Batch",
                        "hub.DirectSendPolicy",
                        "hub.EventFilter",
                        "hub.Frame",
                        "hub.Framer",
                        "hub.Heartbeat",
                        "hub.Hub",
                        "hub.HubBuilder",
                        "hub.HubLane",
                        "hub.HubStats",
                        "hub.KeptEvent",
                        "hub.Lane",
                        "hub.LaneOptions",
                        "hub.LaneSink",
                        "hub.OverflowPolicy",
                        "hub.Presence",
                        "hub.Publication",
                        "hub.Published",
                        "hub.Recipients",
                        "hub.Selector",
                        "hub.SinkInfo",
                        "hub.Splice",
                        "hub.Start",
                        "hub.Subscription",
                        "hub.TopicInfo",
                        "hub.TopicLimitException",
                        "hub.TopicName",
                        "hub.TopicPattern",
                        "json.JsonEvents",
                        "json.TypedTopic",
                        "metrics.SluiceMetrics",
                        "source.BlockingSink",
                        "source.BlockingSource",
                        "source.FileTail",
                        "source.Job",
                        "source.Sources",
                        "wire.EventEncoder",
                        "wire.EventParser");
    }
}
