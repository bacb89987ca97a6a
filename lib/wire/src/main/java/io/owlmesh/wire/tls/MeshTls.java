// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.tls;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.SslSocketAndEnginePeerVerifier;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.identity.SpiffeId;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.logging.Logger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509KeyManager;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How this process encrypts its connections: by the certificates of a folder, which may change
 * while it runs, or not at all. BoringSSL computes it where its library can be loaded, which takes
 * half the time of the JDK's TLS that does otherwise.
 */
@Singleton
public final class MeshTls implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshTls.class.getName());

  private final Optional<RotatingCertificates> certificates;

  /**
   * @param folder with {@code tls.crt}, {@code tls.key} and {@code ca.crt}; empty for plain
   *     connections
   * @throws OwlException BAD_INPUT if one of them is missing or malformed
   */
  @Inject
  public MeshTls(@ConfigProperty(name = "owl.tls") Optional<Path> folder) {
    certificates = folder.map(RotatingCertificates::new);
  }

  /** Connections that are not encrypted. */
  public static MeshTls none() {
    return new MeshTls(Optional.empty());
  }

  public boolean isOn() {
    return certificates.isPresent();
  }

  /** What shows the certificate of this service to clients of HTTP; empty for plain connections. */
  public Optional<X509KeyManager> identity() {
    return certificates.map(RotatingCertificates::identity);
  }

  /**
   * For the gRPC port of this service; empty for plain connections.
   *
   * @param clients whether every client must show a certificate
   * @throws OwlException BAD_INPUT if there is none of our own
   */
  public Optional<SslContext> server(boolean clients) {
    return certificates.map(own -> {
      if (!own.hasIdentity()) {
        throw OwlException.badInput("owl.tls", "a server needs tls.crt and tls.key");
      }
      try {
        return GrpcSslContexts.configure(SslContextBuilder.forServer(own.identity()))
            .trustManager(trust(own, Verification.CERTIFICATE_ONLY_VERIFICATION, new Anybody()))
            .clientAuth(clients ? ClientAuth.REQUIRE : ClientAuth.NONE)
            .build();
      } catch (IOException | GeneralSecurityException e) {
        throw unusable(e);
      }
    });
  }

  /**
   * For channels to a service, whatever its address.
   *
   * @param service that its certificate must be for, for example {@code vision}
   */
  public ChannelCredentials to(String service) {
    return certificates
        .map(own -> credentials(own, Verification.CERTIFICATE_ONLY_VERIFICATION, new Only(service)))
        .orElseGet(InsecureChannelCredentials::create);
  }

  /** For channels to whoever has a certificate for the address. */
  public ChannelCredentials toAddress() {
    return certificates
        .map(own ->
            credentials(own, Verification.CERTIFICATE_AND_HOST_NAME_VERIFICATION, new Anybody()))
        .orElseGet(InsecureChannelCredentials::create);
  }

  private static ChannelCredentials credentials(
      RotatingCertificates own, Verification verification, SslSocketAndEnginePeerVerifier peer) {
    try {
      TlsChannelCredentials.Builder credentials =
          TlsChannelCredentials.newBuilder().trustManager(trust(own, verification, peer));
      return own.hasIdentity()
          ? credentials.keyManager(own.identity()).build()
          : credentials.build();
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  private static AdvancedTlsX509TrustManager trust(
      RotatingCertificates own, Verification verification, SslSocketAndEnginePeerVerifier peer)
      throws IOException, GeneralSecurityException {
    AdvancedTlsX509TrustManager trust =
        AdvancedTlsX509TrustManager.newBuilder()
            .setVerification(verification)
            .setSslSocketAndEnginePeerVerifier(peer)
            .build();
    own.trust(trust::updateTrustCredentials);
    return trust;
  }

  private static OwlException unusable(Exception e) {
    return OwlException.badInput("owl.tls", "cannot be used: " + e);
  }

  /** Believes every certificate that an authority made. */
  private static final class Anybody implements SslSocketAndEnginePeerVerifier {
    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String type, SSLEngine engine) {}
  }

  /** Believes one service. */
  private record Only(String service) implements SslSocketAndEnginePeerVerifier {
    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      verify(chain);
    }

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      verify(chain);
    }

    private void verify(X509Certificate[] chain) throws CertificateException {
      SpiffeId expected = new SpiffeId(service);
      Optional<SpiffeId> found = SpiffeId.of(chain[0]);
      if (!found.equals(Optional.of(expected))) {
        LOG.warning(
            "A server shows the certificate of %s; expected is %s"
                .formatted(found.map(SpiffeId::toString).orElse("no service"), expected));
        throw new CertificateException("the server's certificate is for another service");
      }
    }
  }

  @Override
  public void close() {
    certificates.ifPresent(RotatingCertificates::close);
  }
}
