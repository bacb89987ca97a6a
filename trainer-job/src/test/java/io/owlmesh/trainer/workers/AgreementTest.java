// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.owlmesh.client.Address;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What two workers agree on, over their own connections. */
@Timeout(60)
class AgreementTest {
  @TempDir private Path one;
  @TempDir private Path other;

  @Test
  void workersOfOneFolderFindWhatTheFirstOneWrote() throws Exception {
    assertThat(refusals(one, one)).containsOnlyNulls();
  }

  @Test
  void aWorkerThatReachesAnotherFolderIsRefusedAtAllWorkersAndNamed() throws Exception {
    List<@Nullable OwlException> refused = refusals(one, other);

    assertThat(refused.get(0)).hasMessageContaining(one + " of worker 1 is not the folder");
    assertThat(refused.get(1)).hasMessageContaining(other + " of worker 1 is not the folder");
    assertThat(refused).extracting(OwlException::fault).containsOnly(Fault.BAD_INPUT);
  }

  /** What each worker is told of the folder that it sees as the output; nothing if all is well. */
  private static List<@Nullable OwlException> refusals(Path first, Path second) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<@Nullable OwlException> master = threads.submit(worker(port, 0, first));
      Future<@Nullable OwlException> follower = threads.submit(worker(port, 1, second));
      return Arrays.asList(master.get(), follower.get());
    }
  }

  private static Callable<@Nullable OwlException> worker(int port, int rank, Path folder) {
    return () -> {
      try (GrpcGroup group = join(port, rank)) {
        return catchThrowableOfType(
            OwlException.class,
            () -> Agreement.requireSharedFolder(group, folder, Duration.ofMillis(300)));
      }
    };
  }

  private static GrpcGroup join(int port, int rank) throws IOException {
    WorkerSettings place =
        new WorkerSettings(
            rank, 2, new Address("127.0.0.1", port), "127.0.0.1", "agreement", Duration.ZERO);
    return GrpcGroup.join(place, "recipe", "cpu", 1);
  }
}
