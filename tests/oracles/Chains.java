// What the default trust manager of a Java says of many chains, as a client of HTTPS asks it.
//
// Reads a file of lines: `case ID HOST`, then `trusted BASE64` and `sent BASE64` each, in order. Prints `version` and for
// each case `ID<tab>` and the message of the exception, or nothing where it accepts. The manager is asked within a
// handshake with a server in this process, so that the engine has its session, its protocol and its algorithms.

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

class Chains {
    static class Case {
        String id;
        List<byte[]> trusted = new ArrayList<>(), sent = new ArrayList<>();
    }

    static final StringBuilder OUT = new StringBuilder();
    static CertificateFactory factory;

    public static void main(String[] arguments) throws Exception {
        factory = CertificateFactory.getInstance("X.509");
        Map<String, List<Case>> hosts = new LinkedHashMap<>();
        Case last = null;
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "case":
                    last = new Case();
                    last.id = words[1];
                    hosts.computeIfAbsent(words[2], host -> new ArrayList<>()).add(last);
                    break;
                case "trusted": last.trusted.add(Base64.getDecoder().decode(words[1])); break;
                default: last.sent.add(Base64.getDecoder().decode(words[1]));
            }
        }
        System.out.println(System.getProperty("java.version"));
        // A certificate whose key this process has is not needed: the client asks its trust manager before it looks.
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair pair = generator.generateKeyPair();
        X509Certificate any = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(arguments[1]))));
        for (Map.Entry<String, List<Case>> host : hosts.entrySet()) ask(host.getKey(), host.getValue(), pair, any);
        System.out.print(OUT);
    }

    /** One handshake, in which every case of a host is asked. */
    static void ask(String host, List<Case> cases, KeyPair pair, X509Certificate any) throws Exception {
        boolean[] asked = {false};
        SSLContext server = SSLContext.getInstance("TLS"), client = SSLContext.getInstance("TLS");
        server.init(new KeyManager[] {new Server(pair.getPrivate(), any)}, null, null);
        client.init(null, new TrustManager[] {new Asks(cases, asked)}, null);
        SSLEngine one = client.createSSLEngine(host, 443), other = server.createSSLEngine();
        SSLParameters parameters = one.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        one.setSSLParameters(parameters);
        one.setUseClientMode(true);
        other.setUseClientMode(false);
        one.beginHandshake();
        other.beginHandshake();
        ByteBuffer there = ByteBuffer.allocate(1 << 17), back = ByteBuffer.allocate(1 << 17);
        try {
            for (int round = 0; round < 40 && !asked[0]; round++) {
                step(one, there, back);
                step(other, back, there);
            }
        } catch (javax.net.ssl.SSLException expected) {
            if (!asked[0]) throw expected;
        }
        if (!asked[0]) throw new IllegalStateException("no handshake");
    }

    /** Writes and reads what can be written and read. */
    static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws Exception {
        ByteBuffer nothing = ByteBuffer.allocate(0), read = ByteBuffer.allocate(1 << 17);
        in.flip();
        for (int turn = 0; turn < 40; turn++) {
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task; (task = engine.getDelegatedTask()) != null; ) task.run();
            } else if (status == HandshakeStatus.NEED_WRAP) {
                engine.wrap(nothing, out);
            } else if (in.hasRemaining() && (status == HandshakeStatus.NEED_UNWRAP || status == HandshakeStatus.NEED_UNWRAP_AGAIN)) {
                if (engine.unwrap(in, read).getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) break;
            } else {
                break;
            }
        }
        in.compact();
    }

    static class Asks extends X509ExtendedTrustManager {
        final List<Case> cases;
        final boolean[] asked;

        Asks(List<Case> cases, boolean[] asked) {
            this.cases = cases;
            this.asked = asked;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            asked[0] = true;
            for (Case one : cases) OUT.append(one.id).append('\t').append(said(one, type, engine)).append('\n');
            throw new CertificateException("asked");
        }

        /** What is said of one case: nothing where it is accepted. */
        static String said(Case one, String type, SSLEngine engine) {
            X509Certificate[] chain = new X509Certificate[one.sent.size()];
            try {
                for (int at = 0; at < chain.length; at++) chain[at] = certificate(one.sent.get(at));
            } catch (CertificateException bad) {
                return "Failed to parse server certificates";
            }
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                int number = 0;
                for (byte[] trusted : one.trusted) {
                    try {
                        store.setCertificateEntry("a" + number++, certificate(trusted));
                    } catch (CertificateException unread) {
                        // As keytool leaves it out.
                    }
                }
                TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(store);
                ((X509ExtendedTrustManager) factory.getTrustManagers()[0]).checkServerTrusted(chain, type, engine);
                return "";
            } catch (Throwable thrown) {
                String text = thrown.getMessage();
                return text == null ? thrown.toString() : text.replace('\n', ' ').replace('\t', ' ');
            }
        }

        static X509Certificate certificate(byte[] der) throws CertificateException {
            return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    static class Server extends X509ExtendedKeyManager {
        final PrivateKey key;
        final X509Certificate certificate;

        Server(PrivateKey key, X509Certificate certificate) {
            this.key = key;
            this.certificate = certificate;
        }

        @Override
        public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return type.startsWith("EC") ? "any" : null;
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }
}
