// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.tls;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.CertificateUtils;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Logger;

/**
 * The certificates in a folder: {@code tls.crt} (a chain, leaf first), {@code tls.key} (PKCS #8)
 * and {@code ca.crt} (who is believed), all PEM, as a Kubernetes secret of a certificate has them.
 * They are looked at every second; new connections use what changed, and those that are open stay.
 * Files that do not fit together, or whose certificate is not valid now, change nothing. A client
 * may do without the first two.
 */
final class RotatingCertificates implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RotatingCertificates.class.getName());
  private static final int MAX_BYTES = 256 << 10;
  private static final int TRIES = 20;
  private static final long PAUSE_MILLIS = 50;
  private static final byte[] PROBE = "possession".getBytes(StandardCharsets.US_ASCII);
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("certificates").daemon(true).factory());

  private final Path folder;
  private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
  private final List<TrustUpdate> trusting = new CopyOnWriteArrayList<>();
  private final ScheduledFuture<?> watch;
  private X509Certificate[] trusted = {};
  private String seen = "";
  private String failed = "";

  /** Told who is believed. */
  interface TrustUpdate {
    void accept(X509Certificate[] authorities) throws IOException, GeneralSecurityException;
  }

  /**
   * Reads the files. If one is missing or cut short, or they do not fit together, they may be being
   * replaced at this moment, and are read again for a second.
   *
   * @throws OwlException BAD_INPUT naming the folder if one is missing or malformed
   */
  RotatingCertificates(Path folder) {
    this.folder = folder;
    try {
      readFirst();
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw OwlException.badInput("owl.tls", folder + " cannot be used: " + e);
    }
    watch = CLOCK.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  private void readFirst() throws IOException, GeneralSecurityException {
    for (int tries = 1; ; tries++) {
      try {
        read();
        return;
      } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
        if (tries == TRIES) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
      }
    }
  }

  /** Whether there is a certificate of our own. */
  boolean hasIdentity() {
    return Files.exists(folder.resolve("tls.crt"));
  }

  /** Shows our certificate. */
  AdvancedTlsX509KeyManager identity() {
    return identity;
  }

  /** Tells who is believed, now and whenever that changes. */
  synchronized void trust(TrustUpdate update) throws IOException, GeneralSecurityException {
    update.accept(trusted.clone());
    trusting.add(update);
  }

  private void look() {
    try {
      read();
      failed = "";
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      if (!failed.equals(e.toString())) {
        failed = e.toString();
        LOG.warning("The certificates in " + folder + " stay as they were: " + failed);
      }
    }
  }

  private synchronized void read() throws IOException, GeneralSecurityException {
    byte[] authorities = bytes("ca.crt");
    boolean identified = hasIdentity();
    byte[] chain = identified ? bytes("tls.crt") : new byte[0];
    byte[] key = identified ? bytes("tls.key") : new byte[0];
    String now = digest(authorities, chain, key);
    if (now.equals(seen)) {
      return;
    }
    X509Certificate[] believed =
        CertificateUtils.getX509Certificates(new ByteArrayInputStream(authorities));
    if (believed.length == 0) {
      throw new GeneralSecurityException("ca.crt holds no certificate");
    }
    if (chain.length > 0) {
      X509Certificate[] own = CertificateUtils.getX509Certificates(new ByteArrayInputStream(chain));
      PrivateKey secret = CertificateUtils.getPrivateKey(new ByteArrayInputStream(key));
      requirePair(own, secret);
      if (!seen.isEmpty()) {
        own[0].checkValidity(); // What is over, or not yet begun, replaces nothing.
      }
      identity.updateIdentityCredentials(own, secret);
    }
    trusted = believed;
    for (TrustUpdate update : trusting) {
      update.accept(believed.clone());
    }
    if (!seen.isEmpty()) {
      LOG.info("The certificates in " + folder + " have changed");
    }
    seen = now;
  }

  private byte[] bytes(String name) throws IOException {
    Path file = folder.resolve(name);
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(name + " exceeds " + MAX_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }

  private static String digest(byte[]... files) {
    MessageDigest digest = Sha256.begin();
    for (byte[] file : files) {
      digest.update(file);
      digest.update((byte) 0);
    }
    return Sha256.hex(digest);
  }

  /** Files are replaced one after the other: a key may not be that of the certificate yet. */
  private static void requirePair(X509Certificate[] chain, PrivateKey key)
      throws GeneralSecurityException {
    if (chain.length == 0) {
      throw new GeneralSecurityException("tls.crt holds no certificate");
    }
    PublicKey other = chain[0].getPublicKey();
    String algorithm =
        key.getAlgorithm().equals("EC")
            ? "SHA256withECDSA"
            : key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : key.getAlgorithm();
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(PROBE);
    byte[] signature = signer.sign();
    signer.initVerify(other);
    signer.update(PROBE);
    if (!signer.verify(signature)) {
      throw new GeneralSecurityException("tls.key is not the key of tls.crt");
    }
  }

  @Override
  public void close() {
    watch.cancel(false);
  }
}
