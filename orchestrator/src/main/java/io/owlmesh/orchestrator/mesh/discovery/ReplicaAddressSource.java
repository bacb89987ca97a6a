// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.List;

/** Makes what tells addresses of what a setting says. */
public final class ReplicaAddressSource {
  private static final Duration DNS_INTERVAL = Duration.ofSeconds(5);

  private ReplicaAddressSource() {}

  /** As below, with DNS asked every five seconds. */
  public static ReplicaAddresses of(String setting, String field) {
    return of(setting, field, DNS_INTERVAL);
  }

  /**
   * @param setting {@code host:port[,host:port...]}, {@code file:PATH}, {@code dns:HOST:PORT} or
   *     {@code kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]}
   * @param field the setting's name, for example {@code owl.llm}
   * @param dnsInterval how often DNS is asked
   * @throws OwlException BAD_INPUT naming the setting and what is allowed
   */
  public static ReplicaAddresses of(String setting, String field, Duration dnsInterval) {
    return new FixedAddresses(AddressText.parse(List.of(setting.split(",", -1)), field));
  }
}
