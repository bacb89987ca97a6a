// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.core.OwlException;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/** Which servers may be asked for images: scheme, name and port, all three. */
final class Origins {
  private static final String ANY = "*.";

  private final List<Origin> allowed;

  private record Origin(String scheme, String host, int port) {
    static Origin of(URI uri) {
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      int usual = scheme.equals("https") ? 443 : 80;
      return new Origin(
          scheme,
          uri.getHost().toLowerCase(Locale.ROOT),
          uri.getPort() < 0 ? usual : uri.getPort());
    }

    boolean allows(Origin other) {
      boolean name =
          host.startsWith(ANY) ? other.host.endsWith(host.substring(1)) : host.equals(other.host);
      return name && scheme.equals(other.scheme) && port == other.port;
    }
  }

  /**
   * @throws IllegalArgumentException if one is malformed
   */
  Origins(List<String> allowed) {
    this.allowed = allowed.stream().map(Origins::parse).toList();
  }

  private static Origin parse(String origin) {
    // A star is no letter of a host's name.
    boolean any = origin.contains("//" + ANY);
    URI uri = URI.create(any ? origin.replace("//" + ANY, "//") : origin);
    if (!isFetchable(uri) || !isOriginAlone(uri)) {
      throw new IllegalArgumentException(
          "owl.image-origins: '" + origin + "' is not like https://images.example.org");
    }
    Origin parsed = Origin.of(uri);
    return any ? new Origin(parsed.scheme(), ANY + parsed.host(), parsed.port()) : parsed;
  }

  private static boolean isOriginAlone(URI uri) {
    return uri.getRawPath().isEmpty() && uri.getRawQuery() == null && uri.getRawFragment() == null;
  }

  private static boolean isFetchable(URI uri) {
    boolean http = "http".equalsIgnoreCase(uri.getScheme());
    return (http || "https".equalsIgnoreCase(uri.getScheme()))
        && uri.getHost() != null
        && uri.getRawUserInfo() == null;
  }

  /**
   * An address that may be asked.
   *
   * @param field that holds it
   * @throws OwlException BAD_INPUT if it may not
   */
  URI require(String field, String address) {
    URI uri;
    try {
      uri = URI.create(address);
    } catch (IllegalArgumentException e) {
      throw OwlException.badInput(field, "is no URL");
    }
    if (!isFetchable(uri)) {
      throw OwlException.badInput(field, "is neither a data: nor an http(s): URL of a server");
    }
    Origin origin = Origin.of(uri);
    if (allowed.stream().noneMatch(one -> one.allows(origin))) {
      throw OwlException.badInput(
          field,
          "images are not fetched from %s://%s:%d; the operator allows servers by OWL_IMAGE_ORIGINS"
              .formatted(origin.scheme(), origin.host(), origin.port()));
    }
    return uri;
  }
}
