// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.trainer.cli.TrainCommand;
import picocli.CommandLine;

/** The train command as a process of its own. */
final class TrainMain {
  private TrainMain() {}

  static void main(String[] arguments) {
    System.exit(new CommandLine(new TrainCommand()).execute(arguments));
  }
}
