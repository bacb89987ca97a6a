// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Plans whose services are small classes of these tests, in JVMs of their own, on free ports. */
final class TestPlans {
  private TestPlans() {}

  static MeshPlan of(Class<?>... mains) throws IOException {
    List<Integer> ports = Ports.free(mains.length);
    List<ServicePlan> services = new ArrayList<>();
    for (int i = 0; i < mains.length; i++) {
      services.add(service(mains[i], mains[i].getSimpleName() + i, ports.get(i)));
    }
    return new MeshPlan("mesh", Path.of("nano"), "127.0.0.1", Optional.empty(), services);
  }

  /** Services that are ready at once, under these names. */
  static MeshPlan named(String... names) throws IOException {
    List<Integer> ports = Ports.free(names.length);
    List<ServicePlan> services = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      services.add(service(ServingService.class, names[i], ports.get(i)));
    }
    return new MeshPlan("mesh", Path.of("nano"), "127.0.0.1", Optional.empty(), services);
  }

  /** The same with a page at its front door. */
  static MeshPlan withPage(MeshPlan plan, int port) {
    List<ServicePlan> services = new ArrayList<>(plan.services());
    ServicePlan first = services.removeFirst();
    services.addFirst(
        new ServicePlan(
            first.name(),
            first.command(),
            first.port(),
            OptionalInt.of(port),
            first.environment()));
    return new MeshPlan(plan.mode(), plan.checkpoint(), plan.host(), plan.tls(), services);
  }

  private static ServicePlan service(Class<?> main, String name, int port) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName());
    return new ServicePlan(
        name,
        command,
        port,
        OptionalInt.empty(),
        Map.of("OWL_PORT", Integer.toString(port), "OWL_CHECKPOINT", "nano"));
  }
}
