// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.client.Address;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A worker's place in its job, by the environment variables that launchers of parallel jobs set.
 *
 * @param rank which worker, from 0
 * @param size how many there are
 * @param master where the worker of rank 0 listens
 * @param host by which others reach this worker
 * @param job name of the job, the same at all workers and known to nobody else
 * @param patience how long the first waits for workers of an earlier attempt to leave the output
 */
public record WorkerSettings(
    int rank, int size, Address master, String host, String job, Duration patience) {
  private static final int MAX_WORKERS = 1_024;
  private static final int MAX_NAME = 64;
  private static final String USUAL_PORT = "29500";
  private static final String USUAL_PATIENCE = "10";
  private static final int MAX_PATIENCE = 3_600;

  /**
   * What the environment says: {@code RANK} (or {@code JOB_COMPLETION_INDEX}, as an indexed job of
   * Kubernetes has it), {@code WORLD_SIZE}, {@code MASTER_ADDR}, {@code MASTER_PORT} (29500 if it
   * is not set), {@code OWL_WORKER_HOST} (127.0.0.1), {@code OWL_WORKER_JOB} and {@code
   * OWL_WORKER_PATIENCE} (10, seconds).
   *
   * @return empty if no {@code WORLD_SIZE} is set
   * @throws OwlException BAD_INPUT naming the variable
   */
  public static Optional<WorkerSettings> of(Map<String, String> environment) {
    if (!environment.containsKey("WORLD_SIZE")) {
      return Optional.empty();
    }
    int size = number(environment, "WORLD_SIZE", "", 1, MAX_WORKERS);
    String rankName =
        environment.containsKey("RANK") || !environment.containsKey("JOB_COMPLETION_INDEX")
            ? "RANK"
            : "JOB_COMPLETION_INDEX";
    int rank = number(environment, rankName, "", 0, size - 1);
    int port = number(environment, "MASTER_PORT", USUAL_PORT, 1, 65_535);
    int patience = number(environment, "OWL_WORKER_PATIENCE", USUAL_PATIENCE, 0, MAX_PATIENCE);
    String job = environment.getOrDefault("OWL_WORKER_JOB", "");
    if (job.isEmpty() || job.length() > MAX_NAME) {
      throw OwlException.badInput(
          "OWL_WORKER_JOB", "%d characters, 1 to %d are allowed".formatted(job.length(), MAX_NAME));
    }
    return Optional.of(
        new WorkerSettings(
            rank,
            size,
            new Address(environment.getOrDefault("MASTER_ADDR", "127.0.0.1"), port),
            environment.getOrDefault("OWL_WORKER_HOST", "127.0.0.1"),
            job,
            Duration.ofSeconds(patience)));
  }

  private static int number(
      Map<String, String> environment, String name, String usual, int least, int most) {
    String text = environment.getOrDefault(name, usual);
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw OwlException.badInput(
        name, "'%s', it must be a number from %d to %d".formatted(text, least, most));
  }
}
