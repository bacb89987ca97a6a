// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

/** What commands return besides 0, and picocli's 2 for a malformed command line. */
public final class ExitCode {
  /** The command was understood, and failed. */
  public static final int FAILED = 1;

  private ExitCode() {}
}
