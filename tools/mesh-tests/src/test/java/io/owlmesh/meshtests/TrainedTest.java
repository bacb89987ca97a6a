// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.trainer.cli.EvalCommand;
import io.owlmesh.trainer.cli.TrainCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a training job and an evaluation do with a running mesh. */
class TrainedTest {
  private static Path folder;
  private static Processes mesh;
  private static ManagedChannel door;

  @BeforeAll
  static void start(@TempDir Path scratch) throws Exception {
    folder = scratch;
    Path adapters = Files.createDirectory(folder.resolve("adapters"));
    mesh =
        Processes.mesh(
                folder, Processes.TINY_CHECKPOINT, Map.of("OWL_ADAPTERS", adapters.toString()))
            .start();
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() throws Exception {
    door.shutdownNow();
    mesh.close();
  }

  private static int run(Object command, StringWriter out, String... arguments) {
    CommandLine line = new CommandLine(command);
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    return line.execute(arguments);
  }

  @Test
  void aTrainedAdapterIsPublishedIntoARunningMesh() throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            name: from-the-trainer
            output: %s
            checkpoint: %s
            threads: 1
            stages:
              - name: instruct
                lora: {r: 4}
                data: [{file: %s, images: %s}]
                steps: 3
                batch: 2
                sequence_length: 96
                rate: 1.0e-2
            """
                .formatted(
                    folder.resolve("output"),
                    Processes.TINY_CHECKPOINT,
                    Processes.TINY.resolve("train.jsonl"),
                    Processes.TINY.resolve("images")));
    StringWriter out = new StringWriter();

    int code =
        run(
            new TrainCommand(),
            out,
            recipe.toString(),
            "--publish",
            mesh.address("llm").toString());

    assertThat(code).as(out.toString()).isZero();
    assertThat(out.toString()).contains("Adapter from-the-trainer of rank 4");
    assertThat(folder.resolve("adapters/from-the-trainer/adapter_config.json")).exists();
    awaitAdapter("from-the-trainer");
    Dialogues.Golden golden = Dialogues.aboutAnImage();
    Conversation.Builder conversation = golden.conversation().toBuilder();
    conversation.getOptionsBuilder().setAdapter("from-the-trainer");
    AnswerCaller caller = AnswerCaller.ask(door, conversation.build(), golden.images());
    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.text()).isNotEqualTo(golden.answer());
  }

  /** The front door looks for new adapters now and then. */
  private static void awaitAdapter(String name) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!ChatGrpc.newBlockingStub(door)
        .describe(DescribeRequest.getDefaultInstance())
        .getAdaptersList()
        .contains(name)) {
      assertThat(System.nanoTime()).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Test
  void aMeshIsMeasuredAsItsCheckpointIs() throws Exception {
    Path test =
        Files.writeString(
            folder.resolve("test.jsonl"),
            Files.readString(Processes.TINY.resolve("train.jsonl"))
                .replace("\"photo-", "\"%s/photo-".formatted("images"))
                .replace("\"rgb", "\"%s/rgb".formatted("images")));
    Path images = Files.createDirectories(folder.resolve("images"));
    for (String name : new String[] {"photo-a.jpg", "photo-b.jpg", "rgb.png"}) {
      Files.copy(Processes.TINY.resolve("images").resolve(name), images.resolve(name));
    }
    StringWriter out = new StringWriter();

    int first =
        run(
            new EvalCommand(),
            out,
            "--test=" + test,
            "--max-new-tokens=12",
            "--address=" + mesh.address("orchestrator"),
            "--json=" + folder.resolve("mesh.json"));
    int second =
        run(
            new EvalCommand(),
            out,
            "--test=" + test,
            "--max-new-tokens=12",
            "--checkpoint=" + Processes.TINY_CHECKPOINT,
            "--json=" + folder.resolve("checkpoint.json"));

    assertThat(first).as(out.toString()).isZero();
    assertThat(second).as(out.toString()).isZero();
    assertThat(Files.readString(folder.resolve("mesh.json")))
        .contains("\"answer\"")
        .isEqualTo(Files.readString(folder.resolve("checkpoint.json")));
  }
}
