package io.sluice.sse.netty.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a changed file counts, look by look. */
class WatchedFilesTest {

    @TempDir
    Path folder;

    private int reads;
    /** Is written to the file while the value is read; null for nothing. */
    private String meanwhile;

    private long time = 1_000_000;

    private Path file() {
        return folder.resolve("secret");
    }

    private void write(String text) throws IOException {
        Files.writeString(file(), text);
        Files.setLastModifiedTime(file(), FileTime.fromMillis(time += 10));
    }

    private String read() throws IOException {
        reads++;
        String text = Files.readString(file());
        if (meanwhile != null) {
            write(meanwhile);
            meanwhile = null;
        }
        if (text.equals("wrong")) {
            throw new IOException("it is wrong");
        }
        return text;
    }

    private WatchedFiles<String> watched() throws Exception {
        write("first");
        return new WatchedFiles<>("test files", List.of(file()), this::read);
    }

    private static void look(WatchedFiles<String> files, int times) {
        for (int i = 0; i < times; i++) {
            files.refresh();
        }
    }

    @Test
    void aFileThatIsStillWrittenIsNotRead() throws Exception {
        WatchedFiles<String> files = watched();
        for (String part : List.of("sec", "second", "second wh")) {
            write(part);
            look(files, 1);
            assertThat(files.get()).isEqualTo("first");
        }
        write("second whole");
        look(files, 1);
        assertThat(reads).isEqualTo(1);
        look(files, 3);
        assertThat(files.get()).isEqualTo("second whole");
        assertThat(reads).as("once at the start and once for the change").isEqualTo(2);
    }

    @Test
    void aFileThatChangesWhileItIsReadDoesNotCount() throws Exception {
        WatchedFiles<String> files = watched();
        write("half");
        meanwhile = "half and half";
        look(files, 2);
        assertThat(files.get()).isEqualTo("first");
        look(files, 1);
        assertThat(files.get()).isEqualTo("half and half");
    }

    @Test
    void aWrongOrMissingFileKeepsTheOldValueUntilItIsMended() throws Exception {
        WatchedFiles<String> files = watched();
        write("wrong");
        look(files, 3);
        assertThat(files.get()).isEqualTo("first");
        Files.delete(file());
        look(files, 3);
        assertThat(files.get()).isEqualTo("first");
        write("mended");
        look(files, 2);
        assertThat(files.get()).isEqualTo("mended");
    }
}
