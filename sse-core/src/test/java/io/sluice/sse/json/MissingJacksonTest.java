package io.sluice.sse.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.hub.Hub;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Jackson is an optional dependency: code that needs it reports its absence. */
class MissingJacksonTest {

    @Test
    void jsonWithoutJacksonNamesTheArtifact() throws Exception {
        try (WithoutJackson loader = new WithoutJackson()) {
            Callable<?> application = (Callable<?>) loader.loadClass(Application.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            // the second attempt uses a class whose initialization has failed
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(application::call)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("JsonEvents needs Jackson 2: add com.fasterxml.jackson.core:jackson-databind to the"
                                + " class path, or pass the functions of another library to JsonEvents.using");
            }
        }
    }

    @Test
    void functionsNeedNoJackson() throws Exception {
        try (WithoutJackson loader = new WithoutJackson()) {
            Callable<?> application = (Callable<?>) loader.loadClass(WithFunctions.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            assertThat(application.call()).isEqualTo("7 and 7");
        }
    }

    /** An application with another JSON library. */
    public static final class WithFunctions implements Callable<Object> {
        /** For the loader. */
        public WithFunctions() {}

        @Override
        public Object call() {
            JsonEvents json = JsonEvents.using(String::valueOf, (text, type) -> Integer.valueOf(text));
            try (Hub hub = Hub.create()) {
                TypedTopic<Integer> topic = json.topic(hub, "numbers", Integer.class);
                return json.event("n", 7).data() + " and " + topic.read(topic.event(7));
            }
        }
    }

    /** The first call of an application. */
    public static final class Application implements Callable<Object> {
        /** For the loader. */
        public Application() {}

        @Override
        public Object call() {
            return JsonEvents.withDefaults().event("a", 1);
        }
    }

    private static final class WithoutJackson extends URLClassLoader {
        WithoutJackson() throws IOException {
            super(urls(), MissingJacksonTest.class.getClassLoader());
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
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.fasterxml.jackson.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.sluice.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }
}
