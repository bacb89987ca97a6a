// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A host of its own on this machine: a network namespace, and a cable to it. For root alone. */
final class OwnHost implements AutoCloseable {
  private static final String IP = "ip";

  private final String name;
  private final String cable;
  private final String near;
  private final String far;

  /**
   * Makes it.
   *
   * @param number another one for each host of this machine, 1 to 250
   */
  OwnHost(int number) throws IOException {
    name = "owl-%d-%d".formatted(ProcessHandle.current().pid(), number);
    // The names of network devices are short.
    cable = "owl%x%x".formatted(ProcessHandle.current().pid() & 0xfffff, number);
    near = "10.213.%d.1".formatted(number);
    far = "10.213.%d.2".formatted(number);
    run(IP, "netns", "add", name);
    try {
      run(IP, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
      run(IP, "addr", "add", near + "/30", "dev", cable);
      run(IP, "link", "set", cable, "up");
      run(IP, "-n", name, "addr", "add", far + "/30", "dev", "eth0");
      run(IP, "-n", name, "link", "set", "eth0", "up");
      run(IP, "-n", name, "link", "set", "lo", "up");
    } catch (IOException refused) {
      close();
      throw refused;
    }
  }

  /** Whether this machine lets us make hosts. */
  static boolean areAllowed() {
    try (OwnHost _ = new OwnHost(250)) {
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  String address() {
    return far;
  }

  /** What runs a command there. */
  List<String> prefix() {
    return List.of(IP, "netns", "exec", name);
  }

  /** Lets nothing come from it any more, without a word to anybody; or lets it again. */
  void cut(boolean now) throws IOException {
    run(IP, "-n", name, "route", now ? "add" : "del", "blackhole", near + "/32");
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
  }

  @Override
  public void close() throws IOException {
    run(IP, "netns", "del", name); // The cable goes with it.
  }
}
