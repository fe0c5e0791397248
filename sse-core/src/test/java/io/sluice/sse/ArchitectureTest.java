package io.sluice.sse;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The allowed dependencies between packages, and the public types of this module. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {

    private static final String ROOT = "io.sluice.sse";
    private static final String WIRE = "io.sluice.sse.wire";
    private static final String TOPIC = "io.sluice.sse.topic";
    private static final String HISTORY = "io.sluice.sse.history";
    private static final String BACKPLANE = "io.sluice.sse.backplane";
    private static final String LOG = "io.sluice.sse.hub.log";
    private static final String CORE = "io.sluice.sse.hub.core";
    private static final String LANE = "io.sluice.sse.hub.lane";
    private static final String HUB = "io.sluice.sse.hub";

    /** Packages that are not exported. Their public types are public for the other packages of the hub only. */
    private static final List<String> HIDDEN = List.of(LOG, CORE);

    /** All classes of the module. They go with the instance, because a JVM runs many test classes after this one. */
    private final JavaClasses main = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse");

    @Test
    void theCoreDoesNotDependOnNetworkClasses() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "io.lettuce..", "java.net..", "java.nio.channels..")
                .check(main);
    }

    @Test
    void theWireDependsOnEventsOnly() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.wire")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse", "io.sluice.sse.wire", "java..", "org.jspecify..")
                .check(main);
    }

    /** Each layer depends only on the layers named before it. The compiler cannot enforce this; this test does. */
    @Test
    void layersDependOnlyOnTheLayersBelowThem() {
        List<String> below = new ArrayList<>(List.of("java..", "org.slf4j..", "org.jspecify.."));
        for (String layer : List.of(ROOT, WIRE, TOPIC, HISTORY, BACKPLANE, LOG, CORE, LANE, HUB)) {
            below.add(layer);
            String[] allowed = below.toArray(String[]::new);
            String[] known = layer.equals(HISTORY) ? append(allowed, "org.h2.mvstore..") : allowed;
            classes()
                    .that()
                    .resideInAPackage(layer)
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(known)
                    .check(main);
        }
    }

    private static String[] append(String[] some, String more) {
        String[] all = Arrays.copyOf(some, some.length + 1);
        all[some.length] = more;
        return all;
    }

    @Test
    void packagesHaveNoCycles() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        return SliceIdentifier.of(type.getPackageName());
                    }

                    @Override
                    public String getDescription() {
                        return "packages";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(main);
    }

    /**
     * Links in comments need imports, which bytecode does not contain. They must not point to a higher layer either.
     */
    @Test
    void noImportPointsToAHigherLayer() throws IOException {
        List<String> layers = List.of(ROOT, WIRE, TOPIC, HISTORY, BACKPLANE, LOG, CORE, LANE, HUB);
        for (int i = 0; i < layers.size(); i++) {
            Path folder = Path.of("src/main/java", layers.get(i).split("[.]"));
            List<String> above = layers.subList(i + 1, layers.size());
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    assertThat(Files.readAllLines(file))
                            .as(file.toString())
                            .noneMatch(line -> above.stream()
                                    .anyMatch(layer -> line.matches(
                                            "import (static )?" + layer.replace(".", "[.]") + "[.][A-Z].*")));
                }
            }
        }
    }

    /** The hub and a history share only the interface between them. */
    @Test
    void aHistoryDoesNotDependOnTheHub() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.history")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.history", "java..", "org.jspecify..", "org.h2.mvstore..")
                .check(main);
    }

    @Test
    void onlyTheMvStoreHistoryDependsOnH2() {
        noClasses()
                .that()
                .haveNameNotMatching("io\\.sluice\\.sse\\.history\\.MvStore.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.h2..")
                .check(main);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.sluice.sse.history")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("io\\.sluice\\.sse\\.history\\.MvStore.*")
                .check(main);
    }

    /** The ready sources are written as a user would write them. */
    @Test
    void readySourcesDependOnSinksAndEventsOnly() {
        classes()
                .that()
                .resideInAPackage("io.sluice.sse.source")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse", "io.sluice.sse.source", "java..", "org.jspecify..")
                .check(main);
    }

    @Test
    void onlyTheirOwnPackagesDependOnJacksonAndMicrometer() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.sluice.sse.json", "io.sluice.sse.metrics")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "io.micrometer..")
                .check(main);
    }

    @Test
    void noCodeSleepsOrReadsTheWallClock() {
        noClasses()
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(java.util.Timer.class, java.util.Date.class, java.time.Clock.class)
                .check(main);
        noClasses()
                .that()
                .doNotHaveSimpleName("LocalSequencer") // reads the clock once, for the epoch of a new hub
                .and()
                .doNotHaveSimpleName("WallClock") // interprets a time that a client sends
                .should()
                .callMethod(java.time.Instant.class, "now")
                .check(main);
    }

    @Test
    void publicTypes() {
        assertThat(main.stream()
                        .filter(type -> type.isTopLevelClass()
                                && !HIDDEN.contains(type.getPackageName())
                                && type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("package-info"))
                        .map(type -> type.getName().substring("io.sluice.sse.".length())))
                .containsExactlyInAnyOrder(
                        "CloseReason",
                        "ClosedException",
                        "DirectSendPolicy",
                        "Event",
                        "Gap",
                        "Heartbeat",
                        "Identity",
                        "Ledger",
                        "Observer",
                        "RejectionCounts",
                        "Scope",
                        "Sink",
                        "SinkFullException",
                        "Source",
                        "topic.AccessRules",
                        "topic.EventFilter",
                        "topic.HubSink",
                        "topic.OverflowPolicy",
                        "topic.Publication",
                        "topic.Published",
                        "topic.Recipients",
                        "topic.Selector",
                        "topic.SinkInfo",
                        "topic.StartPosition",
                        "topic.Subscription",
                        "topic.TopicEvent",
                        "topic.TopicEndedException",
                        "topic.TopicInfo",
                        "topic.TopicLimitException",
                        "topic.TopicPattern",
                        "backplane.Backplane",
                        "backplane.BackplaneException",
                        "history.Eviction",
                        "history.History",
                        "history.HistoryException",
                        "history.HistoryPage",
                        "history.LostRange",
                        "history.MvStoreHistory",
                        "history.RecoveryResult",
                        "history.StoredEvent",
                        "history.StoredTopic",
                        "history.SyncPolicy",
                        "hub.lane.Batch",
                        "hub.lane.Frame",
                        "hub.lane.Framer",
                        "hub.lane.HubLane",
                        "hub.lane.Lane",
                        "hub.lane.LaneOptions",
                        "hub.lane.LaneRegistry",
                        "hub.lane.PrincipalStreams",
                        "hub.lane.LaneSink",
                        "hub.lane.SinkOptions",
                        "hub.lane.Splice",
                        "hub.lane.UserCodeTask",
                        "hub.Hub",
                        "hub.HubBuilder",
                        "hub.HubStats",
                        "hub.Presence",
                        "hub.TransportAccess",
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
