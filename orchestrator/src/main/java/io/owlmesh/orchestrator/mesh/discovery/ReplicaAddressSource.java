// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.owlmesh.core.OwlException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes what tells addresses of what a setting says. */
public final class ReplicaAddressSource {
  /** How often DNS is asked where nothing else is said. */
  public static final Duration DNS_INTERVAL = Duration.ofSeconds(5);

  private static final Duration FILE_INTERVAL = Duration.ofMillis(100);
  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Pattern DNS = Pattern.compile("([A-Za-z0-9._-]{1,253}):([0-9]+)");
  private static final String LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern SERVICE =
      Pattern.compile(
          "(?:(%1$s)/)?([a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)(?::(%1$s))?".formatted(LABEL));

  private ReplicaAddressSource() {}

  /** As below, with DNS asked every five seconds. */
  public static ReplicaAddresses of(String setting, String field) {
    return of(setting, field, DNS_INTERVAL);
  }

  /**
   * What a setting says.
   *
   * @param setting {@code host:port[,host:port...]}, {@code file:/PATH}, {@code dns:HOST:PORT} or
   *     {@code kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]}
   * @param field the setting's name, for example {@code owl.llm}
   * @param dnsInterval how often DNS is asked
   * @throws OwlException BAD_INPUT naming the setting and what is allowed
   */
  public static ReplicaAddresses of(String setting, String field, Duration dnsInterval) {
    int colon = setting.indexOf(':');
    String rest = setting.substring(colon + 1);
    return switch (setting.substring(0, Math.max(0, colon))) {
      case "file" -> file(rest, field);
      case "dns" -> dns(rest, field, dnsInterval);
      case "kubernetes" -> kubernetes(rest, field);
      default -> new FixedAddresses(AddressText.parse(List.of(setting.split(",", -1)), field));
    };
  }

  /**
   * Checks what a model says of its replicas, as far as that can be done without asking anybody.
   *
   * @throws OwlException BAD_INPUT naming the stage and what is allowed
   */
  static void check(ModelPlaces model) {
    of(model.vision(), "vision").close();
    of(model.abstractor(), "abstractor").close();
    of(model.llm(), "llm").close();
  }

  private static ReplicaAddresses file(String path, String field) {
    // Of what else it could hold, the system would complain at each look.
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw OwlException.badInput(
          field, "'file:%s'; it must be file: and an absolute path".formatted(path));
    }
    return new PolledAddresses(field, new AddressFile(Path.of(path)), FILE_INTERVAL);
  }

  private static ReplicaAddresses dns(String name, String field, Duration every) {
    Matcher parts = DNS.matcher(name);
    if (!parts.matches()) {
      throw OwlException.badInput(field, "'dns:%s'; it must be dns:HOST:PORT".formatted(name));
    }
    if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
      throw OwlException.badInput(
          "owl.dns-interval", "%s; it must be from %s to %s".formatted(every, SHORTEST, LONGEST));
    }
    int port = AddressText.port(parts.group(2), field);
    return new PolledAddresses(field, new DnsAddresses(parts.group(1), port), every);
  }

  private static ReplicaAddresses kubernetes(String name, String field) {
    Matcher parts = SERVICE.matcher(name);
    if (!parts.matches()) {
      throw OwlException.badInput(
          field,
          "'kubernetes:%s'; it must be kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]".formatted(name));
    }
    KubernetesClient client = KubernetesAddresses.client(Config.autoConfigure(null));
    @Nullable String namespace = parts.group(1) == null ? client.getNamespace() : parts.group(1);
    if (namespace == null) {
      client.close();
      throw OwlException.badInput(
          field, "'kubernetes:%s' names no namespace, and this process is in none".formatted(name));
    }
    String port = parts.group(3) == null ? "" : parts.group(3);
    return new KubernetesAddresses(client, namespace, parts.group(2), port, field);
  }
}
