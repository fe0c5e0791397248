package io.sluice.sse.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The bundled server and the examples use the API of Sluice, and not that of Netty. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {

    /** All classes of the module. They go with the instance, because a JVM runs many test classes after this one. */
    private final JavaClasses main = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse.examples");

    /** On the class path the compiler does not hide these packages. */
    @Test
    void noExampleUsesAPackageThatIsNotExported() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.hub.log..", "io.sluice.sse.hub.core..", "io.sluice.sse.netty.*..")
                .check(main);
    }

    @Test
    void onlyExamplesWithAForeignPipelineUseNetty() {
        noClasses()
                .that()
                .haveNameNotMatching(".*[.](ExistingPipeline|WarmUp)([$].*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(main);
    }
}
