// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.core.AvailableMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What each replica of a stage gets of this machine, so that all of them fit: its part of the cores
 * and, of the language model, of the key/value cache.
 */
final class ReplicaShare {
  static final String CACHE = "OWL_CACHE_BYTES";
  private static final long DEFAULT_CACHE = 2L << 30;
  private static final String LLM = "llm";

  /** A process without weights, about: heap, code, libraries. */
  private static final long PROCESS_BYTES = 400L << 20;

  private ReplicaShare() {}

  /** Cores of one of so many replicas, as a flag of its JVM, which sizes all pools by it. */
  static String cores(int replicas) {
    int all = Runtime.getRuntime().availableProcessors();
    return "-XX:ActiveProcessorCount=" + Math.max(1, all / replicas);
  }

  /**
   * Settings of one of so many replicas of a stage.
   *
   * @param cache what somebody chose for each replica; empty if nobody did
   */
  static Map<String, String> settings(String stage, int replicas, String cache) {
    return stage.equals(LLM) && cache.isEmpty()
        ? Map.of(CACHE, Long.toString(DEFAULT_CACHE / replicas))
        : Map.of();
  }

  /**
   * Refuses more language models than this machine has memory for; the other stages are small
   * beside them.
   *
   * @param more replicas to be started
   * @throws MeshException saying how much there is and how much is needed
   */
  static void refuseTooMany(Path checkpoint, int more, boolean halved)
      throws IOException, MeshException {
    OptionalLong free = AvailableMemory.bytes();
    if (more < 1 || free.isEmpty() || !Files.isDirectory(checkpoint)) {
      return;
    }
    long each = weights(checkpoint) / (halved ? 2 : 1) + PROCESS_BYTES;
    if (each * more > free.getAsLong()) {
      throw new MeshException(
          String.format(
              Locale.ROOT,
              "%d language models of about %.1f GiB do not fit in the %.1f GiB that are free. Take"
                  + " fewer replicas, or --quantize int8.",
              more,
              each / (double) (1L << 30),
              free.getAsLong() / (double) (1L << 30)));
    }
  }

  /** Of a checkpoint, nearly all is the language model. */
  private static long weights(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.filter(Files::isRegularFile).mapToLong(ReplicaShare::size).sum();
    } catch (UncheckedIOException failed) {
      throw failed.getCause();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
