package io.sluice.sse.netty.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.Version;
import io.sluice.sse.netty.SseHandler;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.netty.Transport;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With an old Netty, or an old artifact of it, on the class path the start fails with one sentence and the remedy. */
class NettyVersionTest {

    private static final String VERSIONS = "META-INF/io.netty.versions.properties";

    @TempDir
    Path folder;

    @Test
    void theVersionOfTheTestsIsRecentEnough() {
        assertThatCode(NettyVersion::check).doesNotThrowAnyException();
        assertThat(Version.identify().get("netty-transport").artifactVersion()).isEqualTo(NettyVersion.TESTED);
    }

    @Test
    void anOldVersionIsNamedWithTheRemedy() throws Exception {
        assertThatThrownBy(() -> NettyVersion.check(
                        loader(Set.of(), "netty-common", "4.1.121.Final", "netty-transport", "4.1.121.Final")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Sluice needs Netty 4.2, but the class path has netty-common 4.1.121.Final, netty-transport"
                        + " 4.1.121.Final: with the parent of Spring Boot 3 set <netty.version>4.2.18.Final"
                        + "</netty.version> in the properties of the pom, else import io.netty:netty-bom:4.2.18.Final"
                        + " before any other BOM.");
    }

    @Test
    void aSingleOldArtifactIsNamed() throws Exception {
        assertThatThrownBy(() -> NettyVersion.check(loader(
                        Set.of(), "netty-transport", "4.2.18.Final", "netty-transport-classes-epoll", "4.1.99.Final")))
                .hasMessageContaining("has netty-transport-classes-epoll 4.1.99.Final: ");
    }

    @Test
    void withoutVersionsTheClassesDecide() throws Exception {
        assertThatThrownBy(() -> NettyVersion.check(loader(Set.of("io.netty.channel.MultiThreadIoEventLoopGroup"))))
                .hasMessageContaining("has netty-transport without io.netty.channel.MultiThreadIoEventLoopGroup: with");
    }

    @Test
    void otherArtifactsAndNewerVersionsAreNotCompared() throws Exception {
        ClassLoader loader = loader(
                Set.of(),
                "netty-tcnative-classes",
                "2.0.70.Final",
                "netty-common",
                "4.10.1.Final",
                "netty-buffer",
                "x");
        assertThatCode(() -> NettyVersion.check(loader)).doesNotThrowAnyException();
    }

    /** Simulates an application without the classes of Netty 4.2. */
    @Test
    void startingAServerAndCreatingAHandlerFailWithThisMessage() throws Exception {
        ClassLoader old = loader(
                Set.of(
                        "io.netty.channel.MultiThreadIoEventLoopGroup",
                        "io.netty.channel.SingleThreadIoEventLoop",
                        "io.netty.channel.IoHandlerFactory",
                        "io.netty.channel.nio.NioIoHandler",
                        "io.netty.channel.epoll.EpollIoHandler"),
                "netty-transport",
                "4.1.121.Final");
        for (Class<?> application : List.of(StartsServer.class, MakesHandler.class)) {
            Callable<?> start = (Callable<?>) old.loadClass(application.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            assertThatThrownBy(start::call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("netty-transport 4.1.121.Final")
                    .hasMessageContaining("<netty.version>4.2.18.Final</netty.version>");
        }
    }

    /** The first call of an application. */
    public static final class StartsServer implements Callable<Object> {
        /** Called by the class loader of the test. */
        public StartsServer() {}

        @Override
        public Object call() throws Exception {
            return SseServer.builder().port(0).transport(Transport.NIO).start();
        }
    }

    /** The first call of an application with its own pipeline. */
    public static final class MakesHandler implements Callable<Object> {
        /** Called by the class loader of the test. */
        public MakesHandler() {}

        @Override
        public Object call() {
            return SseHandler.serving(io.sluice.sse.hub.Hub.create(), "/events/**", StreamRoute.topics());
        }
    }

    /** @param versions artifacts and versions in turn, as the jars of Netty declare them */
    private ClassLoader loader(Set<String> missing, String... versions) throws IOException {
        StringBuilder properties = new StringBuilder();
        for (int i = 0; i < versions.length; i += 2) {
            properties
                    .append(versions[i])
                    .append(".version=")
                    .append(versions[i + 1])
                    .append('\n');
            for (String more : List.of(
                    "buildDate=x",
                    "commitDate=2026-01-01 00\\:00\\:00 +0000",
                    "shortCommitHash=x",
                    "longCommitHash=x",
                    "repoStatus=clean")) {
                properties.append(versions[i]).append('.').append(more).append('\n');
            }
        }
        Path file = Files.writeString(Files.createTempFile(folder, "versions", ".properties"), properties);
        return new OldNetty(missing, file.toUri().toURL());
    }

    /** Loads Sluice and Netty again, without the missing classes and with other versions. */
    private static final class OldNetty extends URLClassLoader {
        private final Set<String> missing;
        private final URL versions;

        OldNetty(Set<String> missing, URL versions) throws IOException {
            super(urls(), NettyVersionTest.class.getClassLoader());
            this.missing = missing;
            this.versions = versions;
        }

        private static URL[] urls() throws IOException {
            List<URL> urls = new ArrayList<>();
            String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            for (String entry : path.split(File.pathSeparator)) {
                urls.add(new File(entry).toURI().toURL());
            }
            return urls.toArray(new URL[0]);
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return name.equals(VERSIONS) ? Collections.enumeration(List.of(versions)) : super.getResources(name);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (missing.contains(name)) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.sluice.") && !name.startsWith("io.netty.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }
}
