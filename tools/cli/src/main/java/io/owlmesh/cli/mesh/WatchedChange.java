// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** A change of a mesh that whoever watches it makes: this waits for it, within a time. */
final class WatchedChange {
  private static final Duration POLL = Duration.ofMillis(100);

  private final RunFolder run;
  private final PrintWriter out;
  private final Duration limit;
  private final long begin = System.nanoTime();

  /**
   * @param limit how long it may take
   */
  WatchedChange(RunFolder run, PrintWriter out, Duration limit) {
    this.run = run;
    this.out = out;
    this.limit = limit;
  }

  /** Whether it has come to that. */
  interface Reached<E extends Exception> {
    boolean look() throws IOException, MeshException, E;
  }

  /**
   * Nothing happens if somebody would make the change.
   *
   * @throws MeshException if nobody watches
   */
  void requireWatched() throws IOException, MeshException {
    if (run.watching().isEmpty()) {
      throw new MeshException(
          "Nobody watches the mesh, so nobody starts or ends services: ./owl up --detach does so.");
    }
  }

  /**
   * Nothing happens if these services may yet stay up.
   *
   * @throws MeshException naming one that was given up
   */
  void requireAlive(Predicate<String> services) throws IOException, MeshException {
    for (Map.Entry<String, State> one : run.supervisorStates().entrySet()) {
      if (one.getValue() == State.GIVEN_UP && services.test(one.getKey())) {
        throw new MeshException(
            "The service %s does not stay up; its log: %s"
                .formatted(one.getKey(), Home.shown(run.log(one.getKey()))));
      }
    }
  }

  /**
   * Waits.
   *
   * @param late what is said if it takes too long
   * @throws MeshException if it does, or nobody watches any more
   */
  <E extends Exception> void await(String late, Reached<E> reached)
      throws IOException, MeshException, InterruptedException, E {
    while (!reached.look()) {
      requireWatched();
      if (System.nanoTime() - begin > limit.toNanos()) {
        throw new MeshException(
            "%s after %d s; ./owl status shows how far it is.".formatted(late, limit.toSeconds()));
      }
      Thread.sleep(POLL);
    }
  }

  /** Says what has come about, and when. */
  void say(String what) {
    out.printf(Locale.ROOT, "%s after %.1f s%n", what, (System.nanoTime() - begin) / 1e9);
    out.flush();
  }
}
