// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * What a stage came to. The file is written last, so where it lies the result is complete.
 *
 * @param fingerprint of all that the result was made of
 * @param tokens that the last process of the stage saw
 * @param seconds that it took for its steps
 * @param dataSeconds of these, waiting for data
 * @param loss of the last step
 * @param peakBytes greatest resident memory of the process so far; 0 where the system does not tell
 * @param leftOut samples that could not be used, by reason
 */
record StageDone(
    String fingerprint,
    long steps,
    long tokens,
    double seconds,
    double dataSeconds,
    double loss,
    long peakBytes,
    Map<String, Long> leftOut) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAME = "done.json";

  static Optional<StageDone> read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    return Files.exists(file)
        ? Optional.of(JSON.readValue(file.toFile(), StageDone.class))
        : Optional.empty();
  }

  void write(Path folder) throws IOException {
    Path partial = folder.resolve("done.partial");
    JSON.writerWithDefaultPrettyPrinter().writeValue(partial.toFile(), this);
    Files.move(
        partial,
        folder.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  static void delete(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(NAME));
  }
}
