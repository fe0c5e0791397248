package io.sluice.sse.netty;

import io.sluice.sse.Identity;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Determines the identity of the client that sends a request. It runs once for each request, before every limit and
 * before the route. Routes read the result from {@link SseRequest#identity}, and a stream gets it unless its route sets
 * another one. It is called on event loops, concurrently: it must be thread-safe and must not block. If the answer
 * takes long, it completes the stage later, on any thread; see also {@link #blocking}.
 *
 * <p>A request without credentials has the identity {@link Identity#UNKNOWN}. The server rejects it with status 401,
 * unless {@link #orAnonymous} allows it. Preflights of CORS, which never have credentials, are not authenticated.
 */
@FunctionalInterface
public interface Authenticator {

    /** Returns the identity of a client, and may block and throw. */
    @FunctionalInterface
    interface Blocking {
        /** As {@link Authenticator#authenticate}. */
        Identity authenticate(SseRequest request) throws Exception;
    }

    /**
     * Returns the identity of the client; {@link Identity#UNKNOWN} if the request has no credentials that this
     * authenticator reads. Wrong credentials are an {@link HttpStatusException}, thrown or as the failure of the stage.
     * Any other failure, and null, is logged, and the client gets status 500. If the stage does not complete within the
     * server's {@code decisionTimeout}, the client gets status 503 and may retry.
     *
     * @throws HttpStatusException if the request is rejected
     */
    CompletionStage<Identity> authenticate(SseRequest request);

    /** The value of the {@code WWW-Authenticate} header of a 401. {@code Bearer} by default. */
    default String challenge() {
        return "Bearer";
    }

    /** Whether clients without credentials are allowed. False by default. */
    default boolean allowsAnonymous() {
        return false;
    }

    /** This authenticator; clients without credentials are allowed, and have the identity {@link Identity#UNKNOWN}. */
    @CheckReturnValue
    default Authenticator orAnonymous() {
        return new DerivedAuthenticator(this, this::authenticate, challenge(), true);
    }

    /** This authenticator; if the request has no credentials for it, the next one decides. */
    @CheckReturnValue
    default Authenticator or(Authenticator next) {
        Objects.requireNonNull(next, "next");
        return new DerivedAuthenticator(
                this,
                request -> DerivedAuthenticator.firstKnown(this, next, request),
                challenge().equals(next.challenge()) ? challenge() : challenge() + ", " + next.challenge(),
                allowsAnonymous() || next.allowsAnonymous());
    }

    /**
     * This authenticator, with a limit on the rate of wrong credentials (status 401) per address, so that nobody can
     * guess them fast. An address above the rate gets status 429 instead, with the time until its next attempt. Right
     * credentials get it, too, until then: a client that guesses would otherwise notice them. Requests without
     * credentials are not affected. Addresses are those of {@link HttpRoute#limitedTo}, of which at most 100,000 are
     * tracked.
     */
    @CheckReturnValue
    default Authenticator limitingFailures(Rate perAddress) {
        AddressRates rates = new AddressRates(Objects.requireNonNull(perAddress, "perAddress"));
        return new DerivedAuthenticator(
                this, request -> DerivedAuthenticator.limited(this, rates, request), challenge(), allowsAnonymous());
    }

    /**
     * Reads the token of {@code Authorization: Bearer …}.
     *
     * @param check returns the identity of a token; {@link Identity#UNKNOWN} if the token is not valid, which is status
     *     401. It has the duties of an authenticator.
     */
    @CheckReturnValue
    static Authenticator bearer(Function<String, ? extends CompletionStage<Identity>> check) {
        return DerivedAuthenticator.reading(SseRequest::bearer, check, "Bearer", "Bearer error=\"invalid_token\"");
    }

    /**
     * Reads a cookie, for example that of a session.
     *
     * @param name the name of the cookie
     * @param check returns the identity of a value; {@link Identity#UNKNOWN} if the value is not valid, which is status
     *     401. It has the duties of an authenticator.
     */
    @CheckReturnValue
    static Authenticator cookie(String name, Function<String, ? extends CompletionStage<Identity>> check) {
        Objects.requireNonNull(name, "name");
        return DerivedAuthenticator.reading(request -> request.cookie(name), check, "Cookie", "Cookie");
    }

    /**
     * Takes the subject of the client's certificate as the principal, in the form of RFC 2253 ({@code CN=ann,O=Acme}).
     * The identity expires with the certificate. The TLS handler of the connection must require or request
     * certificates, and verify them.
     */
    @CheckReturnValue
    static Authenticator clientCertificate() {
        return request -> {
            SSLSession session = request.sslSession();
            try {
                Certificate[] chain = session == null ? null : session.getPeerCertificates();
                if (chain != null && chain.length > 0 && chain[0] instanceof X509Certificate certificate) {
                    String subject = certificate.getSubjectX500Principal().getName();
                    return CompletableFuture.completedFuture(
                            Identity.of(subject).until(certificate.getNotAfter().toInstant()));
                }
            } catch (SSLPeerUnverifiedException e) {
                // The client has sent no certificate.
            }
            return CompletableFuture.completedFuture(Identity.UNKNOWN);
        };
    }

    /** The keys of a file that may change. Thread-safe. */
    interface Keys<T> extends Supplier<T>, AutoCloseable {
        /** The keys that are in use now. Never blocks. */
        @Override
        T get();

        /** From now on the file is not read again. */
        @Override
        void close();
    }

    /**
     * Reads the keys of a file, for example those that verify tokens, and reads them again when the file has changed. A
     * changed file is read when two looks, a second apart, find the same time and size, so not while a program writes
     * it. If it cannot be used, the old keys stay and the log has a warning. To be safe in any case, write the new keys
     * to another file and rename that.
     *
     * @param reader may block. The message of its exceptions must not contain secrets, since it is logged
     */
    @CheckReturnValue
    static <T> Keys<T> keys(Path file, Function<? super Path, ? extends T> reader) {
        return new KeyFile<>(Objects.requireNonNull(file, "file"), Objects.requireNonNull(reader, "reader"));
    }

    /**
     * Runs an authenticator that blocks, for example on a database, on the user executor of the hub. If the client
     * leaves, or gets a 503 because of the server's {@code decisionTimeout}, the authenticator is interrupted, or not
     * called if it has not begun. While it runs, the ledger counts it as user code. If it still runs three seconds
     * after such an interrupt, a warning shows where it is.
     */
    @CheckReturnValue
    static Authenticator blocking(Blocking authenticator) {
        Objects.requireNonNull(authenticator, "authenticator");
        return request -> request.callBlocking(() -> authenticator.authenticate(request));
    }
}
