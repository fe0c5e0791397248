package io.sluice.sse.examples.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.sluice.sse.Identity;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.topic.TopicPattern;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Verifies JSON web tokens and reads the identity of their clients. The type of a key determines its one algorithm:
 * HS256 for a secret, RS256 for an RSA key, ES256 for a key of the curve P-256. What a token claims about its algorithm
 * only has to agree. Immutable.
 */
final class JwtVerifier {

    /** The claims, and the attributes of the identity, that list topics and patterns. */
    static final String SUBSCRIBE = "sluice.subscribe";

    static final String PUBLISH = "sluice.publish";

    private static final int MIN_SECRET_BYTES = 32;
    private static final String PEM = "-----BEGIN ";

    /** @param id null for a key without an id */
    private record Key(@Nullable String id, JWSAlgorithm algorithm, JWSVerifier verifier) {}

    private final List<Key> keys;
    private final InstantSource clock;

    private JwtVerifier(List<Key> keys, InstantSource clock) {
        this.keys = List.copyOf(keys);
        this.clock = clock;
    }

    /**
     * Reads a key file.
     *
     * @throws IllegalArgumentException if it has no key of a known kind; the message contains nothing of the file
     */
    static JwtVerifier read(Path file, InstantSource clock) {
        try {
            byte[] content = Files.readAllBytes(file);
            String text = new String(content, StandardCharsets.ISO_8859_1).strip();
            if (text.startsWith("{")) {
                return new JwtVerifier(ofSet(text), clock);
            }
            return new JwtVerifier(List.of(text.startsWith(PEM) ? ofPem(text) : ofSecret(content)), clock);
        } catch (IOException e) {
            throw invalid(file, "a file that can be read");
        } catch (ParseException | JOSEException | GeneralSecurityException e) {
            throw invalid(
                    file,
                    "a secret of at least 32 bytes, a public key in PEM (RSA of at least 2048 bits, or EC"
                            + " P-256), or a JWKS with such keys");
        }
    }

    private static IllegalArgumentException invalid(Path file, String expected) {
        return new IllegalArgumentException("jwtKey: " + file + " (expected: " + expected + ")");
    }

    // ---- keys

    private static List<Key> ofSet(String json) throws ParseException, JOSEException {
        List<Key> keys = new ArrayList<>();
        for (JWK jwk : JWKSet.parse(json).getKeys()) {
            keys.add(ofJwk(jwk));
        }
        if (keys.isEmpty()) {
            throw new JOSEException("no key");
        }
        return keys;
    }

    private static Key ofJwk(JWK jwk) throws JOSEException {
        Key key;
        if (jwk instanceof RSAKey rsa) {
            key = ofRsa(jwk.getKeyID(), rsa.toRSAPublicKey());
        } else if (jwk instanceof ECKey ec) {
            key = ofEc(jwk.getKeyID(), ec.toECPublicKey());
        } else if (jwk instanceof OctetSequenceKey secret) {
            key = ofSecret(jwk.getKeyID(), secret.toByteArray());
        } else {
            throw new JOSEException("another kind of key");
        }
        if (jwk.getAlgorithm() != null && !jwk.getAlgorithm().equals(key.algorithm)) {
            throw new JOSEException("another algorithm");
        }
        return key;
    }

    private static Key ofPem(String pem) throws GeneralSecurityException, JOSEException {
        PublicKey key;
        if (pem.startsWith(PEM + "CERTIFICATE")) {
            key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
                    .getPublicKey();
        } else if (pem.startsWith(PEM + "PUBLIC KEY")) {
            key = ofSpki(pem.replaceAll("-----[A-Z ]+-----|\\s", ""));
        } else {
            throw new JOSEException("not a public key"); // a private key does not belong here
        }
        if (key instanceof RSAPublicKey rsa) {
            return ofRsa(null, rsa);
        }
        if (key instanceof ECPublicKey ec) {
            return ofEc(null, ec);
        }
        throw new JOSEException("another kind of key");
    }

    private static PublicKey ofSpki(String base64) throws GeneralSecurityException {
        byte[] encoded;
        try {
            encoded = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("not base64", e);
        }
        try {
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded));
        }
    }

    private static Key ofRsa(@Nullable String id, RSAPublicKey key) throws JOSEException {
        if (key.getModulus().bitLength() < 2048) {
            throw new JOSEException("a short key");
        }
        return new Key(id, JWSAlgorithm.RS256, new RSASSAVerifier(key));
    }

    private static Key ofEc(@Nullable String id, ECPublicKey key) throws JOSEException {
        if (!Curve.P_256.equals(Curve.forECParameterSpec(key.getParams()))) {
            throw new JOSEException("another curve");
        }
        return new Key(id, JWSAlgorithm.ES256, new ECDSAVerifier(key));
    }

    /** The bytes of the file, without a line break at the end, which editors add. */
    private static Key ofSecret(byte[] file) throws JOSEException {
        int length = file.length;
        while (length > 0 && (file[length - 1] == '\n' || file[length - 1] == '\r')) {
            length--;
        }
        return ofSecret(null, Arrays.copyOf(file, length));
    }

    private static Key ofSecret(@Nullable String id, byte[] secret) throws JOSEException {
        if (secret.length < MIN_SECRET_BYTES) {
            throw new JOSEException("a short secret");
        }
        return new Key(id, JWSAlgorithm.HS256, new MACVerifier(secret));
    }

    /** Whether a verification takes so long that it should not run on an event loop. */
    boolean isSlow() {
        return keys.stream().anyMatch(key -> !key.algorithm.equals(JWSAlgorithm.HS256));
    }

    // ---- tokens

    /**
     * Returns the identity of a token.
     *
     * @throws HttpStatusException (401) if the token is not valid; the message contains nothing of it
     */
    Identity verify(String token) {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            if (!isSigned(jwt)) {
                throw rejected("its signature is not valid");
            }
            return identity(jwt.getJWTClaimsSet());
        } catch (ParseException | JOSEException | IllegalArgumentException e) {
            throw rejected("it is not a signed JSON web token");
        }
    }

    private boolean isSigned(SignedJWT jwt) throws JOSEException {
        String id = jwt.getHeader().getKeyID();
        for (Key key : keys) {
            boolean matches = id == null || key.id == null || id.equals(key.id);
            if (matches && key.algorithm.equals(jwt.getHeader().getAlgorithm()) && jwt.verify(key.verifier)) {
                return true;
            }
        }
        return false;
    }

    private Identity identity(JWTClaimsSet claims) throws ParseException {
        Instant now = clock.instant();
        Date notBefore = claims.getNotBeforeTime();
        Date expiry = claims.getExpirationTime();
        if (notBefore != null && notBefore.toInstant().isAfter(now)) {
            throw rejected("it is not valid yet");
        }
        if (expiry != null && !expiry.toInstant().isAfter(now)) {
            throw rejected("it has expired");
        }
        String subject = claims.getSubject();
        if (subject != null && subject.isEmpty()) {
            throw rejected("its claim sub is empty");
        }
        return new Identity(
                subject,
                Set.of(),
                expiry == null ? null : expiry.toInstant(),
                Map.of(SUBSCRIBE, patterns(claims, SUBSCRIBE), PUBLISH, patterns(claims, PUBLISH)));
    }

    /** The patterns of a claim, one per line. */
    private static String patterns(JWTClaimsSet claims, String name) {
        Object claim = claims.getClaim(name);
        List<?> values = claim == null ? List.of() : claim instanceof List<?> list ? list : List.of(claim);
        List<String> patterns = new ArrayList<>();
        for (Object value : values) {
            try {
                patterns.add(TopicPattern.of((String) value).toString());
            } catch (ClassCastException | IllegalArgumentException | NullPointerException e) {
                throw rejected("its claim " + name + " is not a list of topic names and patterns");
            }
        }
        return String.join("\n", patterns);
    }

    private static HttpStatusException rejected(String reason) {
        return HttpStatusException.of(
                401, "the token is not accepted: " + reason, "www-authenticate", ServerAccess.INVALID_TOKEN);
    }
}
