// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.io.IOException;

/**
 * A replica of a stage, the network before it, and whoever lies in its name.
 *
 * @param process its name among the processes
 */
record FaultyReplica(Processes processes, String process, Relay relay, LyingReplica liar)
    implements AutoCloseable {
  /**
   * One that is well.
   *
   * @param lies whether what it answers is to be changed
   */
  static FaultyReplica of(Processes processes, String process, boolean lies) throws IOException {
    int port = processes.address(process).port();
    LyingReplica liar = new LyingReplica(port);
    return new FaultyReplica(processes, process, new Relay(lies ? liar.port() : port), liar);
  }

  String address() {
    return relay.address();
  }

  @Override
  public void close() {
    relay.close();
    liar.close();
  }
}
