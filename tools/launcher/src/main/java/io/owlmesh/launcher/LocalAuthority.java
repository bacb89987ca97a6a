// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority in a folder, for trying encryption on one machine. Each service gets a
 * subfolder with {@code tls.crt}, {@code tls.key} and {@code ca.crt}; its certificate names it as
 * {@code spiffe://owlmesh/NAME}, and this machine.
 */
public final class LocalAuthority {
  /** Speaks for its callers at the stages. */
  public static final String ORCHESTRATOR = "orchestrator";

  /** The command line, which looks after the mesh. */
  public static final String OPERATOR = "operator";

  /** All that get certificates. */
  public static final List<String> SERVICES =
      List.of(ORCHESTRATOR, "vision", "abstractor", "llm", "trainer", OPERATOR);

  private static final String SIGNATURE = "SHA256withECDSA";
  private static final Duration OF_AUTHORITY = Duration.ofDays(3650);
  private static final Duration OF_SERVICE = Duration.ofDays(90);
  // Clocks differ.
  private static final Duration BEFORE = Duration.ofMinutes(5);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path folder;
  private final X509Certificate certificate;
  private final PrivateKey key;

  private LocalAuthority(Path folder, X509Certificate certificate, PrivateKey key) {
    this.folder = folder;
    this.certificate = certificate;
    this.key = key;
  }

  /**
   * The authority of a folder, made if there is none.
   *
   * @throws MeshException if its files are damaged
   */
  public static LocalAuthority in(Path folder) throws IOException, MeshException {
    try {
      Files.createDirectories(folder);
      if (Files.exists(folder.resolve("ca.key"))) {
        return read(folder);
      }
      KeyPair pair = keyPair();
      X500Name name = new X500Name("CN=OwlMesh local authority " + Instant.now().getEpochSecond());
      var builder = certificate(name, pair, name, OF_AUTHORITY);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      X509Certificate own = sign(builder, pair.getPrivate());
      write(folder.resolve("ca.key"), pem(new JcaPKCS8Generator(pair.getPrivate(), null)), true);
      write(folder.resolve("ca.crt"), pem(own), false);
      return new LocalAuthority(folder, own, pair.getPrivate());
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new MeshException(
          "No certificate authority can be made in %s: %s".formatted(folder, e));
    }
  }

  private static LocalAuthority read(Path folder)
      throws IOException, GeneralSecurityException, MeshException {
    try (PEMParser key = parser(folder.resolve("ca.key"));
        PEMParser certificate = parser(folder.resolve("ca.crt"))) {
      if (key.readObject() instanceof PrivateKeyInfo secret
          && certificate.readObject() instanceof X509CertificateHolder holder) {
        return new LocalAuthority(
            folder,
            new JcaX509CertificateConverter().getCertificate(holder),
            new JcaPEMKeyConverter().getPrivateKey(secret));
      }
    }
    throw new MeshException("The certificate authority in %s is damaged.".formatted(folder));
  }

  private static PEMParser parser(Path file) throws IOException {
    return new PEMParser(new StringReader(Files.readString(file)));
  }

  /**
   * Makes a new certificate for each service, in place of those that are there.
   *
   * @param host a further name or address of this machine
   */
  public void issueAll(String host) throws IOException, MeshException {
    for (String service : SERVICES) {
      issue(service, host);
    }
  }

  /** Makes a new certificate for one. */
  public void issue(String service, String host) throws IOException, MeshException {
    issue(service, host, OF_SERVICE);
  }

  /**
   * Makes a new certificate for one.
   *
   * @param lasts from now on; what is negative, but by less than five minutes, is over
   */
  public void issue(String service, String host, Duration lasts) throws IOException, MeshException {
    try {
      KeyPair pair = keyPair();
      X500Name issuer = new X500Name(certificate.getSubjectX500Principal().getName());
      var builder = certificate(issuer, pair, new X500Name("CN=" + service), lasts);
      builder.addExtension(
          Extension.subjectAlternativeName, false, new GeneralNames(names(service, host)));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      X509Certificate leaf = sign(builder, key);
      Path own = folder.resolve(service);
      Files.createDirectories(own);
      write(own.resolve("tls.key"), pem(new JcaPKCS8Generator(pair.getPrivate(), null)), true);
      write(own.resolve("tls.crt"), pem(leaf), false);
      write(own.resolve("ca.crt"), pem(certificate), false);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new MeshException("No certificate can be made for %s: %s".formatted(service, e));
    }
  }

  private static GeneralName[] names(String service, String host) {
    List<GeneralName> names = new ArrayList<>();
    names.add(
        new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://owlmesh/" + service));
    names.add(new GeneralName(GeneralName.dNSName, "localhost"));
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    names.add(new GeneralName(GeneralName.iPAddress, "::1"));
    boolean address = host.matches("[0-9.]+|.*:.*");
    names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
    return names.toArray(GeneralName[]::new);
  }

  private static KeyPair keyPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static JcaX509v3CertificateBuilder certificate(
      X500Name issuer, KeyPair pair, X500Name subject, Duration lasts) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, RANDOM),
        Date.from(now.minus(BEFORE)),
        Date.from(now.plus(lasts)),
        subject,
        pair.getPublic());
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
  }

  private static String pem(Object content) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(content);
    }
    return text.toString();
  }

  /** Whoever reads meanwhile reads the old file or the new one. */
  private static void write(Path file, String text, boolean secret) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Path next =
        secret
            ? Files.createTempFile(folder, ".tls", null, RunFolder.OWNER_ALONE)
            : Files.createTempFile(folder, ".tls", null);
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
