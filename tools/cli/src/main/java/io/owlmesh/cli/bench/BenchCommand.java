// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import com.google.protobuf.ByteString;
import io.owlmesh.bench.Bandwidth;
import io.owlmesh.bench.BenchJson;
import io.owlmesh.bench.BenchReport;
import io.owlmesh.bench.BenchText;
import io.owlmesh.bench.DecodeLimit;
import io.owlmesh.bench.LanguageStage;
import io.owlmesh.bench.Load;
import io.owlmesh.bench.ServiceCost;
import io.owlmesh.bench.TestPicture;
import io.owlmesh.cli.mesh.LanguageModelFlag;
import io.owlmesh.cli.option.AnswerFlags;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.ImageArguments;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.cli.option.MemoryFlag;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.client.Address;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures a mesh. */
@Command(
    name = "bench",
    description = "Sends requests and shows where their time went, and what the machine allows.",
    sortOptions = false,
    footer = {
      "",
      "Each request shows other pictures, unless --image names one.",
      "--memory-mib 0 leaves the bandwidth of the memory out.",
      "Memory and start-up are shown of a mesh that ./owl up started on this machine.",
      "Exit code 1 if a request fails."
    })
public final class BenchCommand implements Callable<Integer> {
  private static final String QUESTION = "Describe this picture in detail.";

  private final Home home;
  private final StandardInput in;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Requests to measure (default: ${DEFAULT-VALUE}).")
  private int requests = 10;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Requests before that (default: ${DEFAULT-VALUE}).")
  private int warmUp = 2;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Requests at a time (default: ${DEFAULT-VALUE}).")
  private int concurrency = 1;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Generated pictures in each request (default: ${DEFAULT-VALUE}).")
  private int images = 1;

  @Mixin private ImageArguments files = new ImageArguments();

  @Mixin private LanguageModelFlag llm = new LanguageModelFlag();

  @Mixin private MemoryFlag memory = new MemoryFlag();

  @Mixin private MeasureFlags measure = new MeasureFlags();

  @Mixin private AnswerFlags flags = new AnswerFlags();

  public BenchCommand(Home home, StandardInput in) {
    this.home = home;
    this.in = in;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    MeasureFlags.requireAtLeast(spec.commandLine(), "--requests", requests, 1);
    MeasureFlags.requireAtLeast(spec.commandLine(), "--concurrency", concurrency, 1);
    Address address = flags.address(home);
    Optional<MeshRecord> mesh = home.run().running().filter(m -> m.frontDoor().equals(address));
    Load.Result load = load(address);
    // After the load, never beside it: both want the memory for themselves.
    BenchReport report =
        new BenchReport(
            what(address), load, mesh.map(ServiceCost::of).orElse(List.of()), limit(mesh));
    PrintWriter out = spec.commandLine().getOut();
    out.println(BenchText.of(report));
    out.flush();
    measure.write(BenchJson.of(report));
    return load.failures().isEmpty() ? 0 : ExitCode.FAILED;
  }

  private Load.Result load(Address address) throws InterruptedException {
    List<ByteString> given = files.read(in, spec.commandLine());
    try (ChatClient client = new ChatClient(address)) {
      Load load =
          new Load(
              client,
              number ->
                  new AskRequest(
                      QUESTION, given.isEmpty() ? pictures(number) : given, flags.model()),
              flags.options(),
              flags.timeout());
      if (warmUp > 0) {
        load.run(0, warmUp, concurrency);
      }
      return load.run(warmUp, requests, concurrency);
    }
  }

  private List<ByteString> pictures(int request) {
    // The time makes them new to a mesh that was measured before.
    long seed = System.nanoTime() + request;
    return IntStream.range(0, images).mapToObj(i -> TestPicture.jpeg(seed + 31L * i)).toList();
  }

  private Optional<DecodeLimit> limit(Optional<MeshRecord> mesh) throws InterruptedException {
    if (memory.bytes() == 0) {
      return Optional.empty();
    }
    double bandwidth =
        Bandwidth.measure(memory.bytes(), Runtime.getRuntime().availableProcessors());
    DescribeResponse stage =
        llm.or(mesh).flatMap(LanguageStage::describe).orElse(DescribeResponse.getDefaultInstance());
    return Optional.of(new DecodeLimit(bandwidth, stage.getWeightBytes(), stage.getDevice()));
  }

  private String what(Address address) {
    int shown = files.count() == 0 ? images : files.count();
    return "%s: %d requests with %d image(s), %d at a time, %d core(s) here"
        .formatted(
            address, requests, shown, concurrency, Runtime.getRuntime().availableProcessors());
  }
}
