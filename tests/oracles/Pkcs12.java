// What Java lists of PKCS#12 files. Arguments: FILE=PASSWORD, or FILE alone for no password.
// Prints a line for each certificate: FILE, trusted or chain, its SHA-256; or FILE, refused and why.

import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HexFormat;

public class Pkcs12 {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            int equals = line.lastIndexOf('=');
            String file = line.substring(0, equals);
            String password = line.substring(equals + 1);
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (FileInputStream in = new FileInputStream(file)) {
                store.load(in, password.isEmpty() ? null : password.toCharArray());
            } catch (Exception error) {
                System.out.println(file + "\trefused\t" + error);
                continue;
            }
            System.out.println(file + "\tloads\t" + store.size());
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias)) {
                    print(file, "trusted", store.getCertificate(alias));
                } else if (store.getCertificateChain(alias) != null) {
                    for (Certificate certificate : store.getCertificateChain(alias)) print(file, "chain", certificate);
                }
            }
        }
    }

    static void print(String file, String kind, Certificate certificate) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        System.out.println(file + "\t" + kind + "\t" + HexFormat.of().withUpperCase().formatHex(digest));
    }
}
