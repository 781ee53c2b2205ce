import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.*;
import javax.net.ssl.*;

/**
 * Says of many keystores what Java's own classes make of them, in one virtual machine.
 *
 * Each line of the input is a kind, a password in hexadecimal UTF-16 or "-" for none, and a path,
 * separated by tabs:
 *   TRUST   the SHA-256 of every anchor of the default trust manager whose trust store this is
 *   other   a type of keystore; of each alias found, its name in hexadecimal UTF-16, whether it is a
 *           certificate or a key, and the SHA-256 of every certificate under it
 *   COPY=T  writes the keystore, which is JKS, as type T to the same path with ".T" behind it
 */
public class Keystores {
    static String hex(byte[] octets) {
        return HexFormat.of().formatHex(octets);
    }

    static String fingerprint(Certificate certificate) throws Exception {
        return hex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    static char[] password(String text) throws Exception {
        return text.equals("-") ? null : new String(HexFormat.of().parseHex(text), "UTF-16BE").toCharArray();
    }

    static KeyStore load(String type, String path, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (InputStream in = new FileInputStream(path)) {
            store.load(in, password);
        }
        return store;
    }

    static String trusted(String path) throws Exception {
        System.setProperty("javax.net.ssl.trustStore", path);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        StringBuilder out = new StringBuilder();
        for (X509Certificate certificate : ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers()) {
            out.append('\t').append(fingerprint(certificate));
        }
        return out.toString();
    }

    static String listed(KeyStore store) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String alias : Collections.list(store.aliases())) {
            boolean isCertificate = store.isCertificateEntry(alias);
            if (!isCertificate && !store.isKeyEntry(alias)) {
                continue;
            }
            out.append('\t').append(hex(alias.getBytes("UTF-16BE"))).append(isCertificate ? " certificate" : " key");
            Certificate[] chain = isCertificate ? null : store.getCertificateChain(alias);
            if (isCertificate) {
                chain = new Certificate[] {store.getCertificate(alias)};
            }
            for (Certificate certificate : chain == null ? new Certificate[0] : chain) {
                out.append(' ').append(fingerprint(certificate));
            }
        }
        return out.toString();
    }

    static String copy(String type, String path, char[] password) throws Exception {
        KeyStore from = load("JKS", path, password);
        KeyStore to = KeyStore.getInstance(type);
        to.load(null, null);
        for (String alias : Collections.list(from.aliases())) {
            if (from.isCertificateEntry(alias)) {
                to.setCertificateEntry(alias, from.getCertificate(alias));
            } else {
                to.setKeyEntry(alias, from.getKey(alias, password), password, from.getCertificateChain(alias));
            }
        }
        to.setKeyEntry("secret", new javax.crypto.spec.SecretKeySpec(new byte[16], "AES"), password, null);
        try (OutputStream out = new FileOutputStream(path + "." + type)) {
            to.store(out, password);
        }
        return "";
    }

    static String answer(String kind, char[] password, String path) throws Exception {
        if (kind.equals("TRUST")) {
            return trusted(path);
        }
        return kind.startsWith("COPY=") ? copy(kind.substring(5), path, password) : listed(load(kind, path, password));
    }

    public static void main(String[] arguments) throws Exception {
        try {
            Class<?> bouncyCastle = Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider");
            Security.addProvider((Provider) bouncyCastle.getDeclaredConstructor().newInstance());
            System.out.println("with Bouncy Castle");
        } catch (ClassNotFoundException absent) {
            System.out.println("without Bouncy Castle");
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] asked = line.split("\t");
            try {
                System.out.println("is" + answer(asked[0], password(asked[1]), asked[2]));
            } catch (Throwable error) {
                System.out.println("fails\t" + error.toString().replaceAll("\\s+", " "));
            }
        }
    }
}
