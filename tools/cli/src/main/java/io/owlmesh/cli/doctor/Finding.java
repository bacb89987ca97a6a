// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.doctor;

/**
 * What was found out about one thing.
 *
 * @param what was looked at
 * @param found in a few words
 * @param mend what to do; empty where all is well
 */
record Finding(Verdict verdict, String what, String found, String mend) {
  /** How much it matters. */
  enum Verdict {
    OK,
    /** A mesh runs, with a drawback. */
    WARNING,
    /** A mesh does not run. */
    FAILURE
  }

  static Finding ok(String what, String found) {
    return new Finding(Verdict.OK, what, found, "");
  }

  static Finding warning(String what, String found, String mend) {
    return new Finding(Verdict.WARNING, what, found, mend);
  }

  static Finding failure(String what, String found, String mend) {
    return new Finding(Verdict.FAILURE, what, found, mend);
  }
}
