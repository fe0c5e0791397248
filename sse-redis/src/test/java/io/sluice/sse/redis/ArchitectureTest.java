package io.sluice.sse.redis;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What this module depends on, and which types are public. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {

    /** All classes of the module. They go with the instance, because a JVM runs many test classes after this one. */
    private final JavaClasses main = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.sluice.sse.redis");

    @Test
    void theBackplaneKnowsOnlyThePublicTypesOfTheCore() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.sluice.sse.hub..", "reactor..")
                .check(main);
        noClasses()
                .that(are(not(belongToAnyOf(Connector.class)))) // adds a handler of Netty to the client's connections
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..")
                .check(main);
    }

    @Test
    void noCodeSleeps() {
        noClasses().should().callMethod(Thread.class, "sleep", long.class).check(main);
    }

    @Test
    void publicTypes() {
        assertThat(main.stream()
                        .filter(type -> type.isTopLevelClass()
                                && type.getModifiers().contains(JavaModifier.PUBLIC)
                                && !type.getSimpleName().equals("package-info"))
                        .map(type -> type.getSimpleName()))
                .containsExactly("RedisBackplane");
    }
}
