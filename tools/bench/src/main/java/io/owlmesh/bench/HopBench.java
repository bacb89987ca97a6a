// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.core.FileTree;
import io.owlmesh.launcher.LocalAuthority;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.tls.MeshTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Measures what mutual TLS costs the three calls of a request with an image, at the tensor sizes of
 * a 7B model: the same calls over a plain and over an encrypted connection, to stages that compute
 * nothing. The two take turns, and which comes first changes, so that noise meets both.
 */
public final class HopBench implements AutoCloseable {
  private static final Tensor FEATURES = random(257, 1024);
  private static final Tensor VISUAL_TOKENS = random(65, 4096);
  private static final GenerationOptions TWO_TOKENS =
      GenerationOptions.newBuilder().setMaxNewTokens(2).build();
  private static final String LOCAL = "127.0.0.1";

  private final Path folder;
  private final MeshTls tls;
  private final Way plain;
  private final Way encrypted;
  private final ByteString picture = TestPicture.jpeg(1);
  private final Prompt prompt =
      DialogueText.TEMPLATE.prompt(
          List.of(new ChatTemplate.Turn(ChatTemplate.Role.HUMAN, "What is there?", 1)));

  /** Starts stages and connects to them, both ways, with certificates made for this run. */
  public HopBench() throws IOException, MeshException {
    folder = Files.createTempDirectory("owl-bench");
    LocalAuthority.in(folder).issueAll(LOCAL);
    tls = new MeshTls(Optional.of(folder.resolve("vision")));
    plain = new Way(MeshTls.none(), Optional.empty());
    try {
      encrypted = new Way(tls, Optional.of(folder.resolve(LocalAuthority.ORCHESTRATOR)));
    } catch (IOException | RuntimeException e) {
      plain.close();
      tls.close();
      throw e;
    }
  }

  /** Values as incompressible as those of a model, float32. */
  private static Tensor random(int rows, int columns) {
    byte[] values = new byte[4 * rows * columns];
    RandomGenerator random = RandomGeneratorFactory.getDefault().create(1);
    random.nextBytes(values);
    return Tensor.newBuilder()
        .setDataType(DataType.DATA_TYPE_FLOAT32)
        .addShape(rows)
        .addShape(columns)
        .setData(ByteString.copyFrom(values))
        .build();
  }

  /** Stages, a connection to each, and what calls over them took, milliseconds. */
  private final class Way implements AutoCloseable {
    private final StubStages stages;
    private final Address address;
    private final StageCalls calls;
    private final Connection idle;
    private final List<Double> requests = new ArrayList<>();
    private final List<Double> empty = new ArrayList<>();
    private final List<Double> fresh = new ArrayList<>();

    Way(MeshTls server, Optional<Path> identity) throws IOException {
      stages = new StubStages(Duration.ofNanos(1), server.server(true), FEATURES, VISUAL_TOKENS);
      address = new Address(LOCAL, stages.port(), identity);
      calls = new StageCalls(new StageCalls.Addresses(address, address, address));
      idle = new Connection(address, Map.of());
    }

    void request() {
      long begin = System.nanoTime();
      Tensor tokens = calls.look(picture);
      Ticks<GenerateResponse> ticks = new Ticks<>(event -> event.getToken().getText());
      calls.ask(prompt, tokens, TWO_TOKENS, ticks);
      var _ = ticks.join();
      requests.add(millisSince(begin));
    }

    void small() {
      long begin = System.nanoTime();
      describe(idle);
      empty.add(millisSince(begin));
    }

    void connect() {
      long begin = System.nanoTime();
      try (Connection connection = new Connection(address, Map.of())) {
        describe(connection);
        fresh.add(millisSince(begin));
      }
    }

    private void describe(Connection connection) {
      var _ =
          VisionEncoderGrpc.newBlockingStub(connection.channel())
              .describe(DescribeRequest.getDefaultInstance());
    }

    void forget() {
      requests.clear();
      empty.clear();
      fresh.clear();
    }

    @Override
    public void close() {
      calls.close();
      idle.close();
      stages.close();
    }
  }

  private static double millisSince(long begin) {
    return (System.nanoTime() - begin) / 1e6;
  }

  /** Makes so many requests each way, after some that are not counted. */
  public OrchestratorReport run(int warmUp, int requests) {
    for (int i = 0; i < warmUp + requests; i++) {
      if (i == warmUp) {
        plain.forget();
        encrypted.forget();
      }
      List<Way> ways = i % 2 == 0 ? List.of(plain, encrypted) : List.of(encrypted, plain);
      ways.forEach(Way::request);
      ways.forEach(Way::small);
      if ((i - warmUp) % 10 == 0) {
        ways.forEach(Way::connect);
      }
    }
    List<Spread> times = new ArrayList<>();
    compare(times, "three calls of a request", plain.requests, encrypted.requests);
    compare(times, "an empty call", plain.empty, encrypted.empty);
    compare(times, "a new connection and an empty call", plain.fresh, encrypted.fresh);
    String what =
        "%d requests each way: a picture of %d KiB, features [257, 1024], visual tokens [65, 4096]"
            .formatted(requests, picture.size() >> 10);
    return new OrchestratorReport(what, times, List.of(), List.of());
  }

  private static void compare(
      List<Spread> times, String what, List<Double> plain, List<Double> encrypted) {
    List<Double> more = new ArrayList<>();
    for (int i = 0; i < plain.size(); i++) {
      more.add(encrypted.get(i) - plain.get(i));
    }
    times.add(spread(what + ", plain", plain));
    times.add(spread(what + ", mutual TLS", encrypted));
    times.add(spread("  more, pair by pair", more));
  }

  private static Spread spread(String what, List<Double> millis) {
    return Spread.of(what, Distribution.of(millis, value -> value));
  }

  @Override
  public void close() throws IOException {
    plain.close();
    encrypted.close();
    tls.close();
    FileTree.delete(folder);
  }
}
