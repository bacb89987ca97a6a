// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.owlmesh.launcher.Health;
import io.owlmesh.meshtests.Trap.Moment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the front door acknowledged is there after it was killed, whenever that was. The stages live
 * on. {@code -Dowl.kill.rounds} says how often it dies, {@code -Dowl.kill.seed} where the random
 * numbers begin.
 */
abstract class KillContract {
  private static final int CLIENTS = 4;
  private static final int REPORT = 10;
  private static final List<Moment> MOMENTS = List.of(Moment.values());

  @TempDir static Path folder;

  private final long seed = Long.getLong("owl.kill.seed", 7);
  private final Random random = new Random(seed);
  private final Album album = new Album();
  private final List<Talker> talkers =
      LongStream.range(0, CLIENTS).mapToObj(i -> new Talker(seed * 100 + i, album)).toList();

  /** How the front door keeps sessions; called once. */
  abstract Map<String, String> database() throws Exception;

  /** Looks into the database itself, which nobody else uses now. */
  abstract Connection connect() throws SQLException;

  abstract int rounds();

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void whatWasAcknowledgedSurvives() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Map<String, String> settings =
        new HashMap<>(Map.of("OWL_DATA", data.toString(), "OWL_HEALTH_INTERVAL", "0.1S"));
    settings.putAll(database());
    Audit audit = new Audit(talkers, album, data.resolve("images"));
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings)) {
      mesh.start();
      for (int round = 0; round < rounds(); round++) {
        Moment moment = MOMENTS.get(random.nextInt(MOMENTS.size()));
        Trap trap = new Trap(moment, 1 + random.nextInt(usually(moment)));
        talkUntilKilled(mesh, trap);
        mesh.start("orchestrator", Map.of());
        mesh.await("orchestrator", Health.SERVING);
        ManagedChannel door = mesh.connect("orchestrator");
        try {
          audit.check(door);
        } catch (AssertionError e) {
          throw new AssertionError("round %d, killed at %s".formatted(round, trap), e);
        } finally {
          door.shutdownNow();
        }
      }
    }
    compare(audit.files());
  }

  /** About how often it happens in some seconds. */
  private static int usually(Moment moment) {
    return switch (moment) {
      case UPLOADING, TEXT -> 200;
      case ACCEPTED, DONE, OTHER -> 20;
    };
  }

  private void talkUntilKilled(Processes mesh, Trap trap) throws Exception {
    ManagedChannel door = mesh.connect("orchestrator");
    try {
      List<CompletableFuture<Void>> ends =
          talkers.stream()
              .map(talker ->
                  CompletableFuture.runAsync(
                      () -> talk(talker, door, trap), Thread::startVirtualThread))
              .toList();
      CompletableFuture<?> all = CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
      // No client ends before, unless for a failure that nobody expects.
      CompletableFuture.anyOf(all, trap.sprung()).orTimeout(60, TimeUnit.SECONDS).join();
      mesh.kill("orchestrator");
      all.orTimeout(60, TimeUnit.SECONDS).join();
    } finally {
      door.shutdownNow();
    }
  }

  private static void talk(Talker talker, ManagedChannel door, Trap trap) {
    StatusRuntimeException end = talker.talk(door, trap);
    if (!trap.isSprung()) {
      throw end;
    }
  }

  /** After all, that rows and files fit together. */
  private void compare(Set<String> files) throws SQLException {
    Set<String> rows = new HashSet<>();
    Set<String> stored = new HashSet<>();
    try (Connection database = connect();
        var statement = database.createStatement();
        var image = statement.executeQuery("SELECT sha256, stored FROM image")) {
      while (image.next()) {
        rows.add(image.getString(1));
        if (image.getBoolean(2)) {
          stored.add(image.getString(1));
        }
      }
    }
    assertThat(rows).as("rows for all files").containsAll(files);
    assertThat(files).as("files for all rows").containsAll(stored);
    assertThat(talkers.stream().mapToLong(talker -> talker.sessions.size()).sum())
        .isGreaterThan(rounds() / REPORT);
  }
}
