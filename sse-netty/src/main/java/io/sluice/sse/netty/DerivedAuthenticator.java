package io.sluice.sse.netty;

import io.sluice.sse.Identity;
import io.sluice.sse.RejectionCounts;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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

    /** The identity by an authenticator, unless the address of the client has had too many failures. */
    static CompletionStage<Identity> limited(Authenticator original, AddressRates failures, SseRequest request) {
        CompletionStage<Identity> stage;
        try {
            stage = Objects.requireNonNull(original.authenticate(request), "the authenticator returned null");
        } catch (HttpStatusException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        return stage.handle((identity, failure) -> {
            if (failure != null) {
                throw failureOf(failure, failures, request);
            }
            // Right credentials, too: a client that guesses must not notice them.
            long wait = identity != null && identity.isKnown() ? failures.waitFor(request.remoteAddress()) : 0;
            if (wait > 0) {
                throw tooManyFailures(wait);
            }
            return identity;
        });
    }

    private static CompletionException failureOf(Throwable failure, AddressRates failures, SseRequest request) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof HttpStatusException rejection && rejection.status() == 401) {
            long wait = failures.take(request.remoteAddress());
            if (wait > 0) {
                cause = tooManyFailures(wait);
            }
        }
        return new CompletionException(cause);
    }

    private static HttpStatusException tooManyFailures(long wait) {
        return HttpStatusException.rate(
                RejectionCounts.Kind.AUTHENTICATION_RATE, "this address has sent wrong credentials too often", wait);
    }

    private static CompletionStage<Identity> map(
            @Nullable CompletionStage<Identity> stage, Function<Identity, Identity> change) {
        return Objects.requireNonNull(stage, "the check of the credentials returned null")
                .thenApply(identity ->
                        change.apply(Objects.requireNonNull(identity, "the check of the credentials returned null")));
    }
}
