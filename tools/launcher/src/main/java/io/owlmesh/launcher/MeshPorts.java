// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where a mesh is to listen.
 *
 * @param base port of the front door, the stages follow it; 0 takes free ports
 * @param http port of the page and the HTTP interface, 0 takes a free one; empty takes it from the
 *     base
 */
public record MeshPorts(int base, OptionalInt http) {
  /** The last port of a mesh is so far above its base: 9080 beside 9000, that of HTTP. */
  public static final int SPAN = 80;

  /** Metrics and probes of a service are told so far above its port: 9100 beside 9000. */
  public static final int MANAGEMENT = 100;

  /**
   * What to listen on.
   *
   * @param grpc a port a service, the front door first
   * @param management the same for metrics and probes
   */
  record Chosen(List<Integer> grpc, List<Integer> management, int http) {}

  Chosen choose(int services) throws IOException {
    List<Integer> free = Ports.free(2 * services + 1);
    int wanted = http.orElse(base == 0 ? 0 : base + SPAN);
    return new Chosen(
        base == 0 ? free.subList(0, services) : Ports.following(base, services),
        base == 0
            ? free.subList(services, 2 * services)
            : Ports.following(base + MANAGEMENT, services),
        wanted == 0 ? free.getLast() : wanted);
  }
}
