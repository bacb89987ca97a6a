// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Lifecycle;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A container that runs, its probes, and its end. */
final class Pod {
  private static final int KILLED = 137;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  final String name;
  final String address;
  private final PodSpec spec;
  private final Container container;
  private final Runnable changed;
  private final Thread probes;
  private volatile boolean ready;
  private volatile boolean ending;
  private volatile @Nullable String failure;

  /**
   * A container that was started.
   *
   * @param changed is run whenever it becomes ready or no longer is
   */
  Pod(String name, String address, PodSpec spec, Runnable changed) {
    this.name = name;
    this.address = address;
    this.spec = spec;
    this.container = spec.getContainers().getFirst();
    this.changed = changed;
    this.probes = Thread.ofVirtual().name(name).start(this::probe);
  }

  boolean isReady() {
    return ready && !ending;
  }

  /** Whether it was asked to end. */
  boolean isEnding() {
    return ending;
  }

  /** What is wrong with it; null if nothing is. */
  @Nullable String failure() {
    return failure;
  }

  private void probe() {
    try {
      if (!passesWithinItsTries(container.getStartupProbe())) {
        failure = "it was never ready; its log:\n" + log();
        return;
      }
      int failures = 0;
      int dead = 0;
      for (int tick = 0; !ending; tick++) {
        Probe readiness = container.getReadinessProbe();
        failures = passes(readiness) ? 0 : failures + 1;
        boolean now = failures == 0 || (ready && failures < readiness.getFailureThreshold());
        if (now != ready) {
          ready = now;
          changed.run();
        }
        Probe liveness = container.getLivenessProbe();
        if (tick % Math.max(1, liveness.getPeriodSeconds() / readiness.getPeriodSeconds()) == 0) {
          dead = passes(liveness) ? 0 : dead + 1;
          if (dead >= liveness.getFailureThreshold() && !ending) {
            failure = "it does not live; its log:\n" + log();
            return;
          }
        }
        TimeUnit.SECONDS.sleep(readiness.getPeriodSeconds());
      }
    } catch (InterruptedException | IOException e) {
      failure = failure == null && !ending ? e.toString() : failure;
    }
  }

  private boolean passesWithinItsTries(Probe probe) throws InterruptedException, IOException {
    for (int i = 0; i < probe.getFailureThreshold() && !ending; i++) {
      if (passes(probe)) {
        return true;
      }
      if (!isRunning()) {
        return ending;
      }
      // Nothing is learnt from waiting as long as a kubelet.
      TimeUnit.MILLISECONDS.sleep(500L * probe.getPeriodSeconds());
    }
    return ending;
  }

  private boolean passes(Probe probe) throws InterruptedException {
    URI uri =
        URI.create(
            "http://%s:%d%s"
                .formatted(
                    address, port(probe.getHttpGet().getPort()), probe.getHttpGet().getPath()));
    long seconds = probe.getTimeoutSeconds() == null ? 1 : probe.getTimeoutSeconds();
    try {
      int status =
          HTTP.send(
                  HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(seconds)).build(),
                  BodyHandlers.discarding())
              .statusCode();
      return status >= 200 && status < 400;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** The number of a port that is named, or not. */
  int port(IntOrString wanted) {
    if (wanted.getStrVal() == null) {
      return wanted.getIntVal();
    }
    return container.getPorts().stream()
        .filter(port -> wanted.getStrVal().equals(port.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst()
        .orElseThrow();
  }

  String log() throws IOException {
    return Programs.run("podman", "logs", name);
  }

  /**
   * Asks it to end as a kubelet does: it is told to the balancers, then {@code preStop}, then
   * SIGTERM, and SIGKILL once the grace is over.
   *
   * @return its exit code
   */
  int stop() throws IOException, InterruptedException {
    long end =
        System.nanoTime() + TimeUnit.SECONDS.toNanos(spec.getTerminationGracePeriodSeconds());
    ending = true;
    changed.run();
    Lifecycle lifecycle = container.getLifecycle();
    TimeUnit.SECONDS.sleep(lifecycle.getPreStop().getSleep().getSeconds());
    Programs.run("podman", "kill", "--signal=TERM", name);
    while (isRunning() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    if (isRunning()) {
      Programs.run("podman", "kill", "--signal=KILL", name);
    }
    return Integer.parseInt(Programs.run("podman", "wait", name));
  }

  /** Whether an exit code says that it was killed. */
  static boolean wasKilled(int exit) {
    return exit == KILLED;
  }

  private boolean isRunning() throws IOException {
    return Objects.equals(
        Programs.run("podman", "inspect", "--format={{.State.Running}}", name), "true");
  }

  /** Whatever it does. */
  void remove() throws IOException {
    ending = true;
    probes.interrupt();
    Programs.run("podman", "rm", "--force", "--time=0", name);
  }
}
