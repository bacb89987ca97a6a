// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * A service by the URI in its certificate, {@code spiffe://owlmesh/NAME}.
 *
 * @param name of the service, for example {@code orchestrator}
 */
public record SpiffeId(String name) {
  private static final String TRUST_DOMAIN = "spiffe://owlmesh/";
  private static final int URI = 6;

  /** The service that a certificate is for; empty if it has no such URI, or several. */
  public static Optional<SpiffeId> of(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names == null) {
        return Optional.empty();
      }
      List<String> uris =
          names.stream()
              .filter(name -> name.get(0).equals(URI))
              .map(name -> String.valueOf(name.get(1)))
              .toList();
      return uris.size() == 1 && uris.getFirst().startsWith(TRUST_DOMAIN)
          ? Optional.of(new SpiffeId(uris.getFirst().substring(TRUST_DOMAIN.length())))
          : Optional.empty();
    } catch (CertificateParsingException e) {
      return Optional.empty();
    }
  }

  /** The service at the other end of a connection that has shown a certificate. */
  public static Optional<SpiffeId> of(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return Optional.empty();
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf
          ? of(leaf)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException none) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return TRUST_DOMAIN + name;
  }
}
