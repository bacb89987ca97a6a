// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Starts the process, alone or with the stages in it. */
@QuarkusMain
public final class Main {
  private Main() {}

  /** Runs until the process is told to end. */
  public static void main(String... arguments) {
    // Netty looks for extensions, of which we have one (HeadTimeLimit), only when told to.
    System.setProperty("io.netty.bootstrap.extensions", "serviceload");
    Quarkus.run(arguments);
  }
}
