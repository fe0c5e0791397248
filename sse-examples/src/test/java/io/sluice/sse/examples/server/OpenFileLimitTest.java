package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The server warns the operator at the start if the limit of open files allows few streams. */
class OpenFileLimitTest {

    @Test
    void aSmallLimitIsLogged() {
        assertThat(OpenFileLimit.warning(400, 1))
                .isEqualTo("the limit of open files is 400, so at most 1 stream fits; raise it before the start, with"
                        + " ulimit -n or LimitNOFILE= of systemd, for example to 65536");
        assertThat(OpenFileLimit.warning(1_000, 488)).contains("at most 488 streams fit");
        assertThat(OpenFileLimit.warning(1_024, 512)).isNull();
    }
}
