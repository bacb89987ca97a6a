// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.ManagedChannel;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.Health;
import io.owlmesh.meshtests.Dialogues.Golden;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A language model on a host of its own, and the cable to it. */
class PartitionTest {
  private static final int TOKENS = 400;
  private static final Map<String, String> SETTINGS =
      Map.of(
          "OWL_TOKEN_TIMEOUT", "1S",
          "OWL_HEALTH_INTERVAL", "0.2S");

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void anAnswerBeyondACutCableGoesOnHereAndTheHostIsTakenBack(@TempDir Path folder)
      throws Exception {
    assumeTrue(OwnHost.areAllowed(), "hosts of their own need root and network namespaces");
    Golden golden = Dialogues.aboutAnImage();
    Conversation question =
        golden.conversation().toBuilder()
            .setOptions(
                golden.conversation().getOptions().toBuilder()
                    .setMinNewTokens(TOKENS)
                    .setMaxNewTokens(TOKENS))
            .build();
    try (OwnHost host = new OwnHost(1);
        Processes mesh =
            Processes.mesh(folder, Processes.TINY_CHECKPOINT, SETTINGS, Map.of("llm", 2))) {
      String near = mesh.address("llm").toString();
      String far = host.address() + ":" + mesh.address("llm-2").port();
      Files.writeString(folder.resolve("llm.addresses"), near + "\n" + far + "\n");
      mesh.start(
          "llm-2",
          Map.of("OWL_HOST", host.address(), "OWL_ALLOW_ANONYMOUS", "true"),
          host.prefix());
      for (String service : List.of("vision", "abstractor", "llm", "orchestrator")) {
        mesh.start(service, Map.of());
        mesh.await(service, Health.SERVING);
      }
      ManagedChannel door = mesh.connect("orchestrator");
      try (MeshClient view = new MeshClient(mesh.address("orchestrator"))) {
        await(view, far, Condition.CONDITION_SERVING);
        String answer = AnswerCaller.ask(door, question, golden.images()).text();
        view.drain(Stage.STAGE_LLM, near, false);
        AnswerCaller caller =
            AnswerCaller.open(door, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00");
        caller.send(question, golden.images());
        caller.awaitText();
        view.resume(Stage.STAGE_LLM, near);

        host.cut(true);

        assertThat(caller.status().isOk()).as("%s", caller.status()).isTrue();
        assertThat(caller.text()).isEqualTo(answer);
        assertThat(caller.events()).filteredOn(AnswerResponse::hasMoved).hasSize(1);
        await(view, far, Condition.CONDITION_UNREACHABLE);
        assertThat(AnswerCaller.ask(door, question, golden.images()).text()).isEqualTo(answer);

        host.cut(false);
        await(view, far, Condition.CONDITION_SERVING);
      } finally {
        door.shutdownNow();
      }
    }
  }

  private static void await(MeshClient view, String address, Condition wanted) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (view.state().getReplicasList().stream()
        .noneMatch(one -> one.getAddress().equals(address) && one.getCondition() == wanted)) {
      if (System.nanoTime() > end) {
        fail("%s is not %s:%n%s", address, wanted, view.state());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
