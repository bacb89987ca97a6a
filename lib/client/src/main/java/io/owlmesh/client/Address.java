// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

/**
 * Where a mesh answers.
 *
 * @param host a name, an IPv4 address, or an IPv6 one in brackets
 */
public record Address(String host, int port) {
  public static final Address DEFAULT = new Address("127.0.0.1", 9000);

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
