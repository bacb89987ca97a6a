// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

/**
 * A data set of any size, read sample by sample: what it keeps in memory is where each begins. Safe
 * for use by several threads.
 */
public interface SampleSource extends AutoCloseable {
  /** Number of samples. */
  int size();

  /**
   * Reads one.
   *
   * @param index from 0
   * @throws BadSample if it cannot be used, with the reason
   * @throws java.io.UncheckedIOException if the data set itself cannot be read
   */
  TrainingSample read(int index) throws BadSample;

  @Override
  void close();
}
