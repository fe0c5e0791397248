package io.sluice.sse.test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the kit may depend on, and its public types. */
class ArchitectureTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse.test");

    /** The exported packages of the core; the hidden ones are not in this list. */
    @Test
    void theKitUsesThePublicApiOfTheCoreOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.sluice.sse",
                        "io.sluice.sse.wire",
                        "io.sluice.sse.topic",
                        "io.sluice.sse.hub",
                        "io.sluice.sse.hub.lane",
                        "io.sluice.sse.test",
                        "java..",
                        "org.jspecify..",
                        "org.junit.jupiter.api.extension..")
                .check(MAIN);
    }

    @Test
    void onlyTheExtensionNeedsJUnit() {
        classes()
                .that()
                .doNotHaveSimpleName("LedgerExtension")
                .should()
                .onlyDependOnClassesThat()
                .resideOutsideOfPackage("org.junit..")
                .check(MAIN);
    }

    @Test
    void publicTypes() {
        assertThat(MAIN.stream()
                        .filter(type -> type.isTopLevelClass()
                                && type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("package-info"))
                        .map(type -> type.getSimpleName()))
                .containsExactlyInAnyOrder(
                        "DiscardingFramer",
                        "FaultClient",
                        "LedgerExtension",
                        "ManualExecutor",
                        "ManualLane",
                        "MemoryFrame",
                        "MemoryFramer",
                        "MemorySink",
                        "QueueLane",
                        "ReceivedEvent",
                        "RecordingSink",
                        "RecordingSinkBuilder",
                        "SseResponse",
                        "SseTestClient",
                        "ThreadLane");
    }
}
