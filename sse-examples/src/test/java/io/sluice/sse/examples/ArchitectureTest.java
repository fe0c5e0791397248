package io.sluice.sse.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The bundled server and the examples use the API of Sluice, and not that of Netty. */
class ArchitectureTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse.examples");

    /** On the class path the compiler does not hide these packages. */
    @Test
    void noExampleUsesAPackageThatIsNotExported() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.hub.log..", "io.sluice.sse.hub.core..", "io.sluice.sse.netty.*..")
                .check(MAIN);
    }

    @Test
    void onlyExamplesWithAForeignPipelineUseNetty() {
        noClasses()
                .that()
                .haveNameNotMatching(".*[.](ExistingPipeline|WarmUp)([$].*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(MAIN);
    }
}
