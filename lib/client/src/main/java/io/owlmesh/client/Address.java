// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a mesh answers.
 *
 * @param host a name, an IPv4 address, or an IPv6 one in brackets
 * @param tls folder of the certificates with which it is called; empty for those that {@link
 *     Connection} finds
 */
public record Address(String host, int port, Optional<Path> tls) {
  public static final Address DEFAULT = new Address("127.0.0.1", 9000);

  public Address(String host, int port) {
    this(host, port, Optional.empty());
  }

  /**
   * Reads {@code host:port}.
   *
   * @throws IllegalArgumentException with a sentence for people
   */
  public static Address parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0) {
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port >= 1 && port <= 65535) {
          return new Address(text.substring(0, colon), port);
        }
      } catch (NumberFormatException refusedBelow) {
        // The sentence below says what is wanted.
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" is not an address; give host:port, for example 127.0.0.1:9000".formatted(text));
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
