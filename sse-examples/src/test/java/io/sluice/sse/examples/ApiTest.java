package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compares the public signatures of each module with its {@code api.txt}, so that a reviewer sees each change of the
 * public API as a changed line. Run with {@code -Dsluice.api.write=true} to write the files again.
 */
class ApiTest {

    /** Not exported by the module descriptor. */
    private static final Set<String> HIDDEN = Set.of("io.sluice.sse.hub.log", "io.sluice.sse.hub.core");

    /** The packages below this one are not exported either. */
    private static final String NETTY = "io.sluice.sse.netty.";

    /** The packages for authors of transports, of durable stores and of backplanes. */
    private static final Set<String> EXTENSION =
            Set.of("io.sluice.sse.hub.lane", "io.sluice.sse.history", "io.sluice.sse.backplane");

    /** The one type of another package that only authors of transports need. */
    private static final String TRANSPORT_ENTRY = "io.sluice.sse.hub.TransportAccess";

    private static final int MOST_TYPES = 60;

    @ParameterizedTest
    @CsvSource({
        "sse-core, io.sluice.sse",
        "sse-netty, io.sluice.sse.netty",
        "sse-redis, io.sluice.sse.redis",
        "sse-test, io.sluice.sse.test"
    })
    void signaturesMatchTheFile(String module, String rootPackage) throws IOException {
        List<String> signatures = new ArrayList<>();
        for (JavaClass type : typesOf(module, rootPackage)) {
            signatures.addAll(signatures(type.reflect()));
        }
        Path file = Path.of("..", module, "api.txt");
        if (Boolean.getBoolean("sluice.api.write")) {
            Files.write(file, signatures);
        }
        assertThat(String.join("\n", signatures))
                .as("If the change is intended: mvn -pl sse-examples -am test -Dtest=ApiTest -Dsluice.api.write=true"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .isEqualTo(String.join("\n", Files.readAllLines(file)));
    }

    /** The page gives the reason for each type that an embedding application can see. */
    @Test
    void thePageGivesAReasonForEachType() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "public-types.md"));
        List<String> named = Pattern.compile("^\\| `([\\w.]+)` \\|", Pattern.MULTILINE)
                .matcher(page)
                .results()
                .map(row -> row.group(1).replaceAll(".*\\.", ""))
                .toList();
        List<String> actual = Stream.of(
                        typesOf("sse-core", "io.sluice.sse"),
                        typesOf("sse-netty", "io.sluice.sse.netty"),
                        typesOf("sse-redis", "io.sluice.sse.redis"))
                .flatMap(List::stream)
                .filter(type -> type.getEnclosingClass().isEmpty() && !isForExtensions(type))
                .map(JavaClass::getSimpleName)
                .toList();
        assertThat(named).containsExactlyInAnyOrderElementsOf(actual);
        assertThat(actual).hasSizeLessThanOrEqualTo(MOST_TYPES);
    }

    private static List<JavaClass> typesOf(String module, String rootPackage) {
        return new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .withImportOption(location -> location.contains(module))
                        // From the "package" phase on, Maven puts the jar of the module's tests on the class path.
                        .withImportOption(location -> !location.contains("-tests.jar"))
                        .importPackages(rootPackage)
                        .stream()
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && !isHidden(type))
                        .filter(type -> !type.getSimpleName().equals("package-info"))
                        .sorted(Comparator.comparing(JavaClass::getName))
                        .toList();
    }

    private static boolean isForExtensions(JavaClass type) {
        return EXTENSION.contains(type.getPackageName()) || type.getName().equals(TRANSPORT_ENTRY);
    }

    private static boolean isHidden(JavaClass type) {
        return HIDDEN.contains(type.getPackageName())
                || type.getPackageName().startsWith(NETTY)
                || type.getEnclosingClass()
                        .map(outer -> !outer.getModifiers().contains(JavaModifier.PUBLIC))
                        .orElse(false);
    }

    private static List<String> signatures(Class<?> type) {
        List<String> members = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            if (isVisible(field.getModifiers()) && !field.isSynthetic()) {
                members.add("    " + modifiers(field.getModifiers()) + name(field.getGenericType()) + " "
                        + field.getName());
            }
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (isVisible(constructor.getModifiers()) && !constructor.isSynthetic()) {
                members.add("    " + modifiers(constructor.getModifiers()) + type.getSimpleName()
                        + parameters(constructor));
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (isVisible(method.getModifiers()) && !method.isSynthetic()) {
                members.add("    " + modifiers(method.getModifiers()) + name(method.getGenericReturnType()) + " "
                        + method.getName() + parameters(method));
            }
        }
        members.sort(Comparator.naturalOrder());
        List<String> all = new ArrayList<>();
        all.add(modifiers(type.getModifiers() & ~Modifier.STATIC) + kind(type) + " " + type.getName()
                + supertypes(type));
        all.addAll(members);
        return all;
    }

    private static boolean isVisible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static String modifiers(int modifiers) {
        int shown = modifiers
                & (Modifier.PUBLIC | Modifier.PROTECTED | Modifier.STATIC | Modifier.FINAL | Modifier.ABSTRACT);
        return shown == 0 ? "" : Modifier.toString(shown) + " ";
    }

    private static String kind(Class<?> type) {
        if (type.isEnum()) {
            return "enum";
        }
        return type.isInterface() ? "interface" : type.isRecord() ? "record" : "class";
    }

    private static String supertypes(Class<?> type) {
        String supertypes = Stream.concat(
                        Stream.ofNullable(type.getGenericSuperclass())
                                .filter(above -> above != Object.class && !type.isEnum() && !type.isRecord()),
                        Arrays.stream(type.getGenericInterfaces()))
                .map(ApiTest::name)
                .collect(Collectors.joining(", "));
        return supertypes.isEmpty() ? "" : " : " + supertypes;
    }

    private static String parameters(Executable executable) {
        String exceptions =
                Arrays.stream(executable.getExceptionTypes()).map(ApiTest::name).collect(Collectors.joining(", "));
        return Arrays.stream(executable.getGenericParameterTypes())
                        .map(ApiTest::name)
                        .collect(Collectors.joining(", ", "(", ")"))
                + (exceptions.isEmpty() ? "" : " throws " + exceptions);
    }

    private static String name(Type type) {
        return type.getTypeName().replaceAll("java\\.(lang|util|time|util\\.function|util\\.concurrent)\\.", "");
    }
}
