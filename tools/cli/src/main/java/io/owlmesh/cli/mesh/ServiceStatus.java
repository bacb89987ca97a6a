// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.Memory;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.SupervisorRecord;
import io.owlmesh.launcher.SupervisorRecord.Restarts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One service as {@code status} shows it. What is absent is not known, or the service is down.
 *
 * @param health "serving", "not serving", "unreachable" or "down", and what is done about that
 * @param restarts since the mesh was started
 * @param lastEnd how it ended last; absent if it never did
 * @param rssMib resident memory, mebibytes; shared pages count in full
 * @param pssMib the same with shared pages divided among those who share them
 */
public record ServiceStatus(
    String name,
    @Nullable Long pid,
    String address,
    String health,
    int restarts,
    @Nullable String lastEnd,
    @Nullable Long rssMib,
    @Nullable Long pssMib,
    @Nullable Long uptimeSeconds,
    String log) {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String WELL = "serving";

  /**
   * What is known of a service.
   *
   * @param supervisor what the one that watches did, or had done
   * @param watched whether it still does
   */
  public static ServiceStatus of(
      MeshRecord mesh,
      RunningService service,
      Optional<SupervisorRecord> supervisor,
      boolean watched) {
    Optional<Restarts> restarts = supervisor.flatMap(one -> one.of(service.name()));
    boolean alive = service.alive();
    return new ServiceStatus(
        service.name(),
        alive ? service.pid() : null,
        mesh.address(service).toString(),
        alive ? health(mesh, service) : down(restarts.filter(_ -> watched)),
        restarts.map(Restarts::restarts).orElse(0),
        restarts.map(Restarts::lastEnd).orElse(null),
        alive ? orNull(Memory.resident(service.pid())) : null,
        alive ? orNull(Memory.proportional(service.pid())) : null,
        alive ? service.uptime().toSeconds() : null,
        service.log().toString());
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static String health(MeshRecord mesh, RunningService service) {
    try (HealthProbe probe = new HealthProbe(mesh.address(service))) {
      return probe.check(PATIENCE).name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private static String down(Optional<Restarts> known) {
    return known
        .map(one ->
            switch (one.state()) {
              case WAITING -> "down, starts again in %d s".formatted(secondsUntil(one.dueMillis()));
              case GIVEN_UP -> "down, given up after %d deaths in a row".formatted(one.deaths());
              case STARTING, RUNNING, LEAVING -> "down";
            })
        .orElse("down");
  }

  private static long secondsUntil(long millis) {
    return Math.max(0, (millis - Instant.now().toEpochMilli() + 999) / 1000);
  }

  @JsonIgnore
  public boolean isWell() {
    return health.equals(WELL);
  }

  /** A row of the table. */
  public List<String> cells() {
    return List.of(
        name,
        pid == null ? "-" : pid.toString(),
        address,
        health,
        Integer.toString(restarts),
        mebibytes(rssMib),
        mebibytes(pssMib),
        uptimeSeconds == null ? "-" : StatusCommand.uptime(Duration.ofSeconds(uptimeSeconds)),
        Home.shown(java.nio.file.Path.of(log)).toString());
  }

  private static String mebibytes(@Nullable Long amount) {
    return amount == null ? "-" : amount + " MiB";
  }
}
