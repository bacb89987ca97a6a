// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A network of pods: a bridge of this host, and a network namespace for each. For root alone. */
final class PodNetwork implements AutoCloseable {
  private static final String IP = "ip";
  private static final String PREFIX = "10.214.0.";

  private final String bridge = "owlbr%x".formatted(ProcessHandle.current().pid());
  private final List<String> namespaces = new ArrayList<>();
  private int last = 1;

  /** An address of the network, in a namespace of its own. */
  record Place(String namespace, String address) {}

  PodNetwork() throws IOException {
    Programs.run(IP, "link", "add", bridge, "type", "bridge");
    try {
      Programs.run(IP, "addr", "add", host() + "/24", "dev", bridge);
      Programs.run(IP, "link", "set", bridge, "up");
    } catch (IOException failed) {
      try {
        close();
      } catch (IOException left) {
        failed.addSuppressed(left);
      }
      throw failed;
    }
  }

  /** Where pods reach this host. */
  static String host() {
    return PREFIX + 1;
  }

  /** Whether this machine lets us make one. */
  static boolean isAllowed() {
    try (PodNetwork network = new PodNetwork()) {
      network.place();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  synchronized Place place() throws IOException {
    int number = ++last;
    String namespace = "%s-%d".formatted(bridge, number);
    String cable = "%sp%d".formatted(bridge.replace("owlbr", "ow"), number);
    Programs.run(IP, "netns", "add", namespace);
    namespaces.add(namespace);
    Programs.run(
        IP, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    Programs.run(IP, "link", "set", cable, "master", bridge, "up");
    Programs.run(IP, "-n", namespace, "addr", "add", PREFIX + number + "/24", "dev", "eth0");
    Programs.run(IP, "-n", namespace, "link", "set", "eth0", "up");
    Programs.run(IP, "-n", namespace, "link", "set", "lo", "up");
    return new Place(namespace, PREFIX + number);
  }

  @Override
  public void close() throws IOException {
    for (String namespace : namespaces) {
      Programs.run(IP, "netns", "del", namespace);
    }
    Programs.run(IP, "link", "del", bridge);
  }
}
