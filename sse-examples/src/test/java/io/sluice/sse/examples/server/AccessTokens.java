package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Makes tokens and tickets, and sends requests with them. */
final class AccessTokens {

    static final String SECRET = "0123456789abcdef0123456789ABCDEF-secret";

    private AccessTokens() {}

    static String[] bearer(String token) {
        return new String[] {"Authorization", "Bearer " + token};
    }

    static int status(TestServer server, String target, String... headers) throws IOException {
        try (RawStream stream = RawStream.send(
                server.port(),
                "GET " + target + " HTTP/1.1",
                "Host: localhost",
                headers.length == 0 ? "X: y" : String.join(": ", headers))) {
            stream.awaitHead();
            return stream.response().status();
        }
    }

    static JWTClaimsSet.Builder claims(String user) {
        return new JWTClaimsSet.Builder()
                .subject(user)
                .claim("sluice.subscribe", List.of("users/" + user + "/**", "public/**"))
                .claim("sluice.publish", "users/" + user);
    }

    static String sign(JWSAlgorithm algorithm, JWSSigner signer, JWTClaimsSet claims) throws JOSEException {
        SignedJWT jwt = new SignedJWT(new JWSHeader(algorithm), claims);
        jwt.sign(signer);
        return jwt.serialize();
    }

    static String signed(JWTClaimsSet claims) throws JOSEException {
        return sign(JWSAlgorithm.HS256, new MACSigner(SECRET), claims);
    }

    /** The file with the key of signed tokens. */
    static Path secretFile(Path folder) throws IOException {
        return Files.writeString(folder.resolve("secret"), SECRET + "\n");
    }

    static String ticket(TestServer server, String query, String... headers) throws Exception {
        HttpResponse<String> response = server.post("/ticket" + query, "", headers);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("cache-control")).hasValue("no-store");
        JsonNode json = Json.read(response.body());
        assertThat(json.get("seconds").intValue()).isEqualTo(60);
        return json.get("ticket").textValue();
    }
}
