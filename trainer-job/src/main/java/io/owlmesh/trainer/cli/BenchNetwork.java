// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts of their own on this machine, network namespaces on one switch, each with a card that sends
 * and takes in no faster than it was told. For root on Linux alone.
 */
final class BenchNetwork implements AutoCloseable {
  /** What a card may send at once before it slows down. */
  private static final String BURST = "256kb";

  private static final String WAIT = "50ms";

  private final String prefix = "owl-bench-" + ProcessHandle.current().pid();
  private final List<String> hosts = new ArrayList<>();

  /**
   * Makes it.
   *
   * @param rate as {@code tc} writes it, such as {@code 1gbit}
   * @throws OwlException BAD_INPUT, field {@code --network}, if the system refuses, with its words
   */
  BenchNetwork(int count, String rate) throws IOException, InterruptedException {
    try {
      String wires = host("switch");
      run("ip", "-n", wires, "link", "add", "wires", "type", "bridge");
      run("ip", "-n", wires, "link", "set", "wires", "up");
      for (int i = 0; i < count; i++) {
        String name = host(Integer.toString(i));
        String port = "port" + i;
        run(
            "ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", port,
            "netns", wires);
        run("ip", "-n", wires, "link", "set", port, "master", "wires", "up");
        run("ip", "-n", name, "addr", "add", address(i) + "/16", "dev", "eth0");
        run("ip", "-n", name, "link", "set", "eth0", "up");
        run("ip", "-n", name, "link", "set", "lo", "up");
        limit(name, "eth0", rate);
        limit(wires, port, rate);
      }
    } catch (OwlException refused) {
      close();
      throw refused;
    }
  }

  private String host(String name) throws IOException, InterruptedException {
    String host = prefix + "-" + name;
    run("ip", "netns", "add", host);
    hosts.add(host);
    return host;
  }

  private static void limit(String host, String device, String rate)
      throws IOException, InterruptedException {
    run(
        "tc", "-n", host, "qdisc", "add", "dev", device, "root", "tbf", "rate", rate, "burst",
        BURST, "latency", WAIT);
  }

  static String address(int host) {
    return "10.214.%d.%d".formatted(host / 250, host % 250 + 1);
  }

  /** A command there. */
  List<String> on(int host, List<String> command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", prefix + "-" + host));
    all.addAll(command);
    return all;
  }

  /** Bytes that a host has sent since it was made, headers and all. */
  long sent(int host) throws IOException, InterruptedException {
    String counter = "/sys/class/net/eth0/statistics/tx_bytes";
    return Long.parseLong(run(on(host, List.of("cat", counter)).toArray(String[]::new)).strip());
  }

  private static String run(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw OwlException.badInput("--network", String.join(" ", command) + ": " + said);
      }
      return said;
    } catch (IOException e) {
      throw OwlException.badInput("--network", e.getMessage() + "; iproute2 and root are needed");
    }
  }

  @Override
  public void close() throws IOException {
    try {
      for (String host : hosts) {
        run("ip", "netns", "del", host);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
