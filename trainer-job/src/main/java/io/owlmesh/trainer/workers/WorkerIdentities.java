// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.proto.training.v1.WorkerIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What must be the same at all workers, since the weights depend on it. */
final class WorkerIdentities {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
  private static final Pattern CHOSEN_BY =
      Pattern.compile("avx2|avx512\\w*|amx_\\w+|avx_vnni|sve2?");

  private WorkerIdentities() {}

  /**
   * Of this process.
   *
   * @param recipe as text
   * @param device that computes
   */
  static WorkerIdentity own(String recipe, String device, int threads) {
    return WorkerIdentity.newBuilder()
        .setBuild(
            Optional.ofNullable(WorkerIdentities.class.getPackage().getImplementationVersion())
                .orElse("unpackaged"))
        .setRecipe(
            HexFormat.of()
                .formatHex(Sha256.begin().digest(recipe.getBytes(StandardCharsets.UTF_8))))
        .setInstructions(device.equals("cpu") ? instructions() : device)
        .setThreads(threads)
        .build();
  }

  private static String instructions() {
    String architecture = System.getProperty("os.arch");
    try (var lines = Files.lines(PROCESSOR)) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .map(line ->
              architecture
                  + " "
                  + String.join(
                      " ", CHOSEN_BY.matcher(line).results().map(m -> m.group()).sorted().toList()))
          .orElse(architecture);
    } catch (IOException e) {
      return architecture; // Not Linux.
    }
  }

  /**
   * Two workers fit together.
   *
   * @throws OwlException CONFLICT naming what differs, and both
   */
  static void requireSame(int rank, WorkerIdentity other, WorkerIdentity master) {
    List<String> differences = new ArrayList<>();
    note(differences, "build", other.getBuild(), master.getBuild());
    note(differences, "recipe", other.getRecipe(), master.getRecipe());
    note(differences, "instructions", other.getInstructions(), master.getInstructions());
    note(
        differences,
        "threads",
        Integer.toString(other.getThreads()),
        Integer.toString(master.getThreads()));
    if (!differences.isEmpty()) {
      throw new OwlException(
          io.owlmesh.core.Fault.CONFLICT,
          "identity",
          "worker %d differs from worker 0: %s".formatted(rank, String.join("; ", differences)));
    }
  }

  private static void note(List<String> differences, String what, String one, String other) {
    if (!one.equals(other)) {
      differences.add("%s '%s' instead of '%s'".formatted(what, one, other));
    }
  }
}
