package io.sluice.sse.netty.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads certificates and private keys in PEM (RFC 7468). Netty reads them too, but its messages do not say what is
 * expected, and it does not compare the key with the certificate. These messages never show the content of a file.
 */
final class PemFiles {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----\\s*([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /** The algorithms of keys for which browsers and the JDK have TLS signatures. */
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private PemFiles() {}

    /** Reads the certificates of a file, at least one. */
    static X509Certificate[] certificates(String option, Path file) throws IOException {
        byte[] bytes = read(option, file);
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Certificate certificate : factory.generateCertificates(new ByteArrayInputStream(bytes))) {
                certificates.add((X509Certificate) certificate);
            }
        } catch (CertificateException e) {
            throw new IOException(option + ": " + file + " (expected: certificates in PEM)", e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(option + ": " + file + " (expected: certificates in PEM; there is none)");
        }
        return certificates.toArray(new X509Certificate[0]);
    }

    /** Reads the private key of a file: PKCS #8, not encrypted. */
    static PrivateKey privateKey(String option, Path file) throws IOException {
        String text = new String(read(option, file), StandardCharsets.ISO_8859_1);
        Matcher key = KEY.matcher(text);
        if (!key.find()) {
            throw new IOException(
                    option + ": " + file + " (expected: \"BEGIN PRIVATE KEY\", which is PKCS #8 in PEM and"
                            + " not encrypted; openssl pkcs8 -topk8 -nocrypt converts other keys)");
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(key.group(1));
        } catch (IllegalArgumentException e) {
            throw new IOException(option + ": " + file + " (expected: Base64 between the lines of PEM)");
        }
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (GeneralSecurityException e) {
                // The key is of another algorithm.
            }
        }
        throw new IOException(option + ": " + file + " (expected: a key of " + String.join(", ", ALGORITHMS) + ")");
    }

    /** Checks that the key signs what the certificate verifies. */
    static boolean belongTogether(PrivateKey key, PublicKey certified) {
        String algorithm = key.getAlgorithm().equals("EdDSA") ? "EdDSA" : "SHA256with" + signer(key.getAlgorithm());
        byte[] message = "sluice".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(message);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(message);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // keys of two algorithms, for example
        }
    }

    private static String signer(String algorithm) {
        return algorithm.equals("EC") ? "ECDSA" : algorithm;
    }

    private static byte[] read(String option, Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IOException(option + ": " + file + " (expected: a file that can be read; " + e + ")", e);
        }
    }
}
