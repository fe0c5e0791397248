package io.sluice.sse.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The bundled server and the examples use the API of Sluice, and not that of Netty. */
class ArchitectureTest {

    @Test
    void onlyExamplesWithAForeignPipelineUseNetty() {
        noClasses()
                .that()
                .haveNameNotMatching(".*[.](ExistingPipeline|WarmUp)([$].*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("io.sluice.sse.examples"));
    }
}
