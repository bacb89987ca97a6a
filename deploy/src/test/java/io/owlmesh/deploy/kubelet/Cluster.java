// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.owlmesh.orchestrator.mesh.discovery.KubernetesServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An API server that pods reach over TLS, with the account by which they know it. */
final class Cluster implements AutoCloseable {
  private static final String PASSWORD = "password";

  private final KubernetesServer server;
  private final Path account;
  private final int port;

  /**
   * Starts it.
   *
   * @param host where pods reach it
   * @param folder for its certificate and the account
   */
  Cluster(String host, Path folder) throws IOException, GeneralSecurityException {
    Path keys = folder.resolve("api.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin/keytool").toString();
    Programs.run(
        keytool,
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "api",
        "-dname",
        "CN=kubernetes",
        "-ext",
        "san=ip:" + host,
        "-keystore",
        keys.toString(),
        "-storepass",
        PASSWORD);
    account = Files.createDirectories(folder.resolve("account"));
    Files.writeString(
        account.resolve("ca.crt"),
        Programs.run(
            keytool,
            "-exportcert",
            "-rfc",
            "-alias",
            "api",
            "-keystore",
            keys.toString(),
            "-storepass",
            PASSWORD));
    Files.writeString(account.resolve("token"), "a token");
    Files.writeString(account.resolve("namespace"), KubernetesServer.NAMESPACE);
    HttpsServer https =
        HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral(host), 0), 0);
    https.setHttpsConfigurator(new HttpsConfigurator(context(keys)));
    port = https.getAddress().getPort();
    server = new KubernetesServer(https);
  }

  private static SSLContext context(Path keys) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  KubernetesServer server() {
    return server;
  }

  /** What the pods of a service account mount. */
  Path account() {
    return account;
  }

  /** What a node tells every container of it. */
  Map<String, String> environment() {
    return Map.of(
        "KUBERNETES_SERVICE_HOST", PodNetwork.host(),
        "KUBERNETES_SERVICE_PORT", Integer.toString(port));
  }

  @Override
  public void close() {
    server.close();
  }
}
