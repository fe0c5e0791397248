package io.sluice.sse.netty;

import io.sluice.sse.Identity;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Implements the authenticators that {@link Authenticator} makes. Thread-safe if its functions are. */
record DerivedAuthenticator(
        @Nullable Authenticator original,
        Function<SseRequest, CompletionStage<Identity>> function,
        String challenge,
        boolean allowsAnonymous)
        implements Authenticator {

    private static final CompletionStage<Identity> UNKNOWN = CompletableFuture.completedFuture(Identity.UNKNOWN);

    @Override
    public CompletionStage<Identity> authenticate(SseRequest request) {
        return function.apply(request);
    }

    /** Reads a credential of a request, and checks it. */
    static Authenticator reading(
            Function<SseRequest, @Nullable String> credential,
            Function<String, ? extends CompletionStage<Identity>> check,
            String challenge,
            String challengeIfWrong) {
        Objects.requireNonNull(check, "check");
        HttpStatusException wrong =
                HttpStatusException.of(401, "the credentials are not valid", "www-authenticate", challengeIfWrong);
        return new DerivedAuthenticator(
                null,
                request -> {
                    String read = credential.apply(request);
                    return read == null
                            ? UNKNOWN
                            : map(check.apply(read), identity -> {
                                if (identity.isKnown()) {
                                    return identity;
                                }
                                throw wrong;
                            });
                },
                challenge,
                false);
    }

    /** The identity by the first authenticator; that by the second one if the first one finds no credentials. */
    static CompletionStage<Identity> firstKnown(Authenticator first, Authenticator second, SseRequest request) {
        return Objects.requireNonNull(first.authenticate(request), "the authenticator returned null")
                .thenCompose(identity -> identity.isKnown()
                        ? CompletableFuture.completedFuture(identity)
                        : second.authenticate(request));
    }

    private static CompletionStage<Identity> map(
            @Nullable CompletionStage<Identity> stage, Function<Identity, Identity> change) {
        return Objects.requireNonNull(stage, "the check of the credentials returned null")
                .thenApply(identity ->
                        change.apply(Objects.requireNonNull(identity, "the check of the credentials returned null")));
    }
}
