// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.OwlException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses as people write them. */
final class AddressText {
  /** Replicas of one stage, at most. */
  static final int MAX_ADDRESSES = 1_024;

  private static final int MAX_LENGTH = 280;
  private static final Pattern DRAINING = Pattern.compile("\\s+draining$");
  private static final Pattern IN_PROCESS = Pattern.compile("inprocess:[A-Za-z0-9._-]+");
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9._-]+):([0-9]{1,5})");

  private AddressText() {}

  /**
   * Reads addresses.
   *
   * @param texts of {@code host:port} or {@code inprocess:NAME}, perhaps with {@code draining}
   *     behind it
   * @param field the setting or file that they come from
   * @throws OwlException BAD_INPUT naming the field and what is allowed
   */
  static Set<ReplicaAddress> parse(List<String> texts, String field) {
    if (texts.size() > MAX_ADDRESSES) {
      throw OwlException.badInput(
          field, "%d addresses; %d are allowed".formatted(texts.size(), MAX_ADDRESSES));
    }
    Map<String, ReplicaAddress> addresses = new LinkedHashMap<>();
    for (String text : texts) {
      Matcher draining = DRAINING.matcher(text.strip());
      boolean serving = !draining.find();
      String address = address(draining.replaceFirst(""), field);
      if (addresses.put(address, new ReplicaAddress(address, serving)) != null) {
        throw OwlException.badInput(field, "'" + address + "' is there twice");
      }
    }
    return new LinkedHashSet<>(addresses.values());
  }

  private static String address(String text, String field) {
    if (text.length() > MAX_LENGTH) {
      throw OwlException.badInput(
          field,
          "an address of %d characters; %d are allowed".formatted(text.length(), MAX_LENGTH));
    }
    if (!IN_PROCESS.matcher(text).matches()) {
      Matcher network = HOST_AND_PORT.matcher(text);
      if (!network.matches()) {
        throw OwlException.badInput(
            field, "'" + text + "'; an address must be host:port or inprocess:NAME");
      }
      port(network.group(1), field);
      if (!text.startsWith("[") && !isHost(text)) {
        throw OwlException.badInput(
            field, "'" + text + "' names no host: letters, digits, hyphens and dots do");
      }
    }
    return text;
  }

  /** Whether what finds hosts takes the name; it throws what nobody expects at others. */
  private static boolean isHost(String text) {
    try {
      return new URI("//" + text).getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /**
   * A port.
   *
   * @throws OwlException BAD_INPUT naming the field and what is allowed
   */
  static int port(String text, String field) {
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > 65_535) {
      throw OwlException.badInput(
          field, "'" + text + "' is not a port; it must be from 1 to 65535");
    }
    return port;
  }
}
