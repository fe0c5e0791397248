package io.sluice.sse.netty;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.sluice.sse.netty.frame.BatchFramer;
import io.sluice.sse.netty.http.RestOfRequest;
import io.sluice.sse.netty.http2.Http2Output;
import io.sluice.sse.netty.http2.Http2Session;
import io.sluice.sse.netty.stream.StreamHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks the layers of this module, where buffers are retained and released, and which types are public. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {

    private static final String ROOT = "io.sluice.sse.netty";

    /** The packages that are not exported. Each depends only on those before it, and the root package on all. */
    private static final List<String> LAYERS =
            List.of("frame", "tls", "socket", "connection", "http", "stream", "http2");

    /** All classes of the module. They go with the instance, because a JVM runs many test classes after this one. */
    private final JavaClasses main = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void buffersAreReleasedInOnePlaceAndReadMessagesWhereTheyWereRead() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(
                        BatchFramer.class,
                        StreamHandler.class,
                        SseHandler.class,
                        BodyAggregator.class,
                        RestOfRequest.class,
                        ProtocolDetector.class,
                        Http2Session.class,
                        Http2Output.class) // the batch of a connection that closes
                .should()
                .callMethodWhere(call("retain or release", "retain", "release"))
                .check(main);
        noClasses()
                .that()
                .doNotBelongToAnyOf(BatchFramer.class)
                .should()
                .callMethodWhere(call("retain", "retain"))
                .check(main);
    }

    private static DescribedPredicate<JavaMethodCall> call(String what, String... prefixes) {
        return DescribedPredicate.describe(what + " of Netty", call -> {
            boolean named = false;
            for (String prefix : prefixes) {
                named |= call.getName().startsWith(prefix);
            }
            return named && call.getTargetOwner().getPackageName().startsWith("io.netty");
        });
    }

    @Test
    void noCodeSleepsReadsTheWallClockOrBlocksALoop() {
        noClasses()
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callConstructor(java.util.Date.class)
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(java.util.Timer.class, java.time.Clock.class)
                .check(main);
    }

    @Test
    void noOptionalPartOfTheCoreIsNeeded() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "io.micrometer..", "io.sluice.sse.json..", "io.lettuce..")
                .check(main);
    }

    @Test
    void packagesDependOnlyOnTheLayersBelowThem() {
        for (int i = 0; i < LAYERS.size(); i++) {
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + "." + LAYERS.get(i))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above(i))
                    .check(main);
        }
        assertThat(main.stream().map(JavaClass::getPackageName).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(Stream.of(ROOT), LAYERS.stream().map(layer -> ROOT + "." + layer))
                                .toList());
    }

    private static String[] above(int layer) {
        return Stream.concat(
                        Stream.of(ROOT),
                        LAYERS.subList(layer + 1, LAYERS.size()).stream().map(name -> ROOT + "." + name))
                .toArray(String[]::new);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("(" + ROOT + "..)").should().beFreeOfCycles().check(main);
    }

    /** Links in comments need imports, which bytecode does not have. These must not point to a higher layer either. */
    @Test
    void noImportPointsToAHigherLayer() throws IOException {
        for (int i = 0; i < LAYERS.size(); i++) {
            List<String> above = List.of(above(i));
            try (Stream<Path> files = Files.list(Path.of("src/main/java/io/sluice/sse/netty", LAYERS.get(i)))) {
                for (Path file : files.toList()) {
                    assertThat(Files.readAllLines(file))
                            .as(file.toString())
                            .noneMatch(line -> above.stream()
                                    .anyMatch(name -> line.matches(
                                            "import (static )?" + name.replace(".", "[.]") + "[.][A-Z].*")));
                }
            }
        }
    }

    @Test
    void onlyIntendedTypesArePublic() {
        assertThat(main.stream()
                        .filter(type -> type.isTopLevelClass()
                                && type.getPackageName().equals(ROOT)
                                && type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("package-info"))
                        .map(type -> type.getSimpleName()))
                .containsExactlyInAnyOrder(
                        "Authenticator",
                        "Compression",
                        "HttpStatusException",
                        "HttpRoute",
                        "Rate",
                        "RouteResponse",
                        "SseHandler",
                        "SseRequest",
                        "SseServer",
                        "SseServerBuilder",
                        "SseStream",
                        "StreamLimits",
                        "StreamRoute",
                        "Transport",
                        "TrustedProxies");
    }
}
