// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import picocli.CommandLine.Option;

/** How the bandwidth of the memory is measured. */
public final class MemoryFlag {
  @Option(
      names = "--memory-mib",
      paramLabel = "N",
      description = "Buffer for measuring the memory's bandwidth (default: ${DEFAULT-VALUE}).")
  private int mebibytes = 1024;

  public int mebibytes() {
    return mebibytes;
  }

  /** Size of the buffer; 0 if nothing is to be measured. */
  public long bytes() {
    return (long) Math.max(0, mebibytes) << 20;
  }
}
