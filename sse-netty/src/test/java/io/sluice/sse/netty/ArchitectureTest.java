package io.sluice.sse.netty;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Checks where buffers are retained and released, which clocks are read, and which types are public. */
class ArchitectureTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse.netty");

    @Test
    void buffersAreReleasedInOnePlaceAndReadMessagesWhereTheyWereRead() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(
                        BatchFramer.class,
                        StreamHandler.class,
                        SseHandler.class,
                        BodyAggregator.class,
                        ProtocolDetector.class,
                        Http2Session.class,
                        Http2Output.class) // the batch of a connection that closes
                .should()
                .callMethodWhere(call("retain or release", "retain", "release"))
                .check(MAIN);
        noClasses()
                .that()
                .doNotBelongToAnyOf(BatchFramer.class)
                .should()
                .callMethodWhere(call("retain", "retain"))
                .check(MAIN);
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
                .check(MAIN);
    }

    @Test
    void noOptionalPartOfTheCoreIsNeeded() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "io.micrometer..", "io.sluice.sse.json..", "io.lettuce..")
                .check(MAIN);
    }

    @Test
    void onlyIntendedTypesArePublic() {
        assertThat(MAIN.stream()
                        .filter(type -> type.isTopLevelClass()
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
