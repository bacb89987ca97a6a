// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A replica of a stage, the network before it, and whoever lies in its name.
 *
 * @param process its name among the processes
 * @param clock the file that says how far its clock is off
 */
record FaultyReplica(
    Processes processes, String process, Relay relay, LyingReplica liar, Path clock)
    implements AutoCloseable {
  /**
   * One that is well.
   *
   * @param lies whether what it answers is to be changed
   */
  static FaultyReplica of(Processes processes, String process, boolean lies, Path clock)
      throws IOException {
    int port = processes.address(process).port();
    LyingReplica liar = new LyingReplica(port);
    return new FaultyReplica(processes, process, new Relay(lies ? liar.port() : port), liar, clock);
  }

  String address() {
    return relay.address();
  }

  /** Sets its clock forward, and waits until it heard of that. */
  void jump(int seconds) throws IOException, InterruptedException {
    Files.writeString(clock, "+" + seconds + "\n");
    TimeUnit.MILLISECONDS.sleep(1_100);
  }

  @Override
  public void close() {
    relay.close();
    liar.close();
  }
}
