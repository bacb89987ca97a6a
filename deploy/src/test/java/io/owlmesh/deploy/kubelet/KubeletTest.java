// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.owlmesh.client.Address;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.LocalImage;
import io.owlmesh.client.MeshClient;
import io.owlmesh.client.Trace;
import io.owlmesh.deploy.Chart;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The images and the Deployments of the chart, run as a node of a cluster runs them; {@code
 * -Dowl.kubelet=true} scales under load as well.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class KubeletTest {
  private static final boolean LONG = Boolean.getBoolean("owl.kubelet");
  private static final Path MODEL = LoadedImages.ROOT.resolve("deploy/models/owl-nano");
  private static final Path PICTURE = LoadedImages.ROOT.resolve("deploy/pictures/two-things.png");
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TAG = "kubelet";
  private static final List<String> SERVICES = LoadedImages.SERVICES;
  private static final long GROUP = 1001;
  private static final int CALLERS = 3;

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private Kubelet kubelet;

  @BeforeEach
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void makeImagesAndANetwork() throws Exception {
    List<String> missing = Programs.missing("podman", "runc", "mmdebstrap", "ip", "chgrp");
    assumeTrue(missing.isEmpty(), "pods need " + missing);
    assumeTrue(PodNetwork.isAllowed(), "pods need root and network namespaces");
    open.addFirst(LoadedImages.load(folder, TAG));
    PodNetwork network = new PodNetwork();
    open.addFirst(network);
    Cluster cluster = new Cluster(PodNetwork.host(), folder);
    open.addFirst(cluster);
    Path data = Files.createDirectories(folder.resolve("data"));
    PodStart.own(data, GROUP);
    kubelet =
        new Kubelet(
            Chart.read(
                Chart.template("values-laptop.yaml")
                    .withNamespace("owls")
                    .set("image.tag", TAG)
                    .set("drainSeconds", 30)
                    .call()),
            network,
            cluster.server(),
            new PodStart(
                Map.of("owl-model", MODEL, "owl-data", data),
                cluster.account(),
                cluster.environment()),
            folder);
    open.addFirst(kubelet);
  }

  @AfterEach
  void close() throws Exception {
    List<Exception> failures = new ArrayList<>();
    for (AutoCloseable one : open) {
      try {
        one.close();
      } catch (Exception e) { // The others are to be closed all the same.
        failures.add(e);
      }
    }
    assertThat(failures).isEmpty();
  }

  private Address door() {
    return new Address(kubelet.pods("owl-orchestrator").getFirst().address, 9000, Optional.empty());
  }

  private String ask(String question, List<ByteString> images) throws Exception {
    StringBuilder answer = new StringBuilder();
    try (ChatClient client = new ChatClient(door())) {
      client
          .answer(
              new AskRequest(question, images),
              AnswerOptions.getDefaultInstance(),
              LIMIT,
              Trace.begin(),
              event -> answer.append(event.getText().getText()))
          .await();
    }
    return answer.toString();
  }

  private long serving() throws Exception {
    try (MeshClient view = new MeshClient(door())) {
      return view.state().getReplicasList().stream()
          .filter(replica -> replica.getStage() == Stage.STAGE_LLM)
          .filter(replica -> replica.getCondition() == Condition.CONDITION_SERVING)
          .count();
    }
  }

  private void awaitServing(int replicas) throws Exception {
    while (serving() != replicas) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  @Test
  void theReleaseAnswersAndIsScaledAndNothingIsLost() throws Exception {
    for (String service : SERVICES) {
      kubelet.grow("owl-" + service, 1);
    }
    for (String service : SERVICES) {
      kubelet.awaitReady("owl-" + service);
    }
    assertThat(ask("Where is the purple cross?", List.of(LocalImage.read(PICTURE))))
        .contains("blue square");

    if (LONG) {
      scaleUnderLoad();
    }
    for (String service : SERVICES.reversed()) {
      assertThat(kubelet.shrink("owl-" + service, 0)).hasSize(1).noneMatch(Pod::wasKilled);
    }
  }

  private void scaleUnderLoad() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger answers = new AtomicInteger();
    Callable<Void> asking =
        () -> {
          while (!enough.get()) {
            assertThat(ask("What colour is grass?", List.of())).isNotEmpty();
            answers.incrementAndGet();
          }
          return null;
        };
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        all.add(callers.submit(asking));
      }
      kubelet.grow("owl-llm", 3);
      kubelet.awaitReady("owl-llm");
      awaitServing(3);
      List<Integer> exits = kubelet.shrink("owl-llm", 1);
      awaitServing(1);
      int before = answers.get();
      while (answers.get() < before + CALLERS && all.stream().noneMatch(Future::isDone)) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
      enough.set(true);
      for (Future<Void> caller : all) {
        caller.get();
      }
      assertThat(exits).hasSize(2).noneMatch(Pod::wasKilled);
    }
    System.out.printf("%d answers while the language model was scaled 1, 3, 1%n", answers.get());
  }
}
