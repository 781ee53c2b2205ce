import java.io.File;
import java.nio.file.Files;
import java.util.*;
import javax.net.ssl.*;

/**
 * Says of keystores how many anchors the default trust manager takes of each as its trust store, or that it does not
 * open it. Each argument is a password, or nothing for none, a colon, and a path. Runs on Java 11 and later.
 */
public class Opens {
    static String taken(String password, String path) throws Exception {
        System.setProperty("javax.net.ssl.trustStore", path);
        if (password.isEmpty()) {
            System.clearProperty("javax.net.ssl.trustStorePassword");
        } else {
            System.setProperty("javax.net.ssl.trustStorePassword", password);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        try {
            factory.init((java.security.KeyStore) null);
        } catch (Exception refused) {
            return "refused: " + refused;
        }
        return "takes " + ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println(System.getProperty("java.version"));
        for (String argument : arguments) {
            String[] parts = argument.split(":", 2);
            System.out.println(taken(parts[0], parts[1]));
        }
    }
}
