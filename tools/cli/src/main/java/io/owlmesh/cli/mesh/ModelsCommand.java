// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.LocalModel;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks after the models of a mesh. */
@Command(
    name = "models",
    description = "Lists the models of the mesh; adds and removes them while it serves.",
    sortOptions = false,
    footer = {"", "Requests choose a model by its name; those that name none get the default one."})
public final class ModelsCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Mixin private MeshFlag mesh = new MeshFlag();

  @Option(names = "--json", description = "List them as JSON, for programs.")
  private boolean json;

  public ModelsCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    return list(json);
  }

  @Command(name = "list", description = "Lists them, as without a command.")
  int list(@Option(names = "--json", description = "As JSON, for programs.") boolean asJson)
      throws IOException, MeshException, AnswerFailed {
    try (MeshClient client = new MeshClient(mesh.address(home))) {
      List<ModelStatus> models =
          client.state().getModelsList().stream().map(ModelStatus::of).toList();
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          asJson
              ? JsonMapper.builder()
                  .build()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(models)
              : ModelStatus.table(models));
      out.flush();
      return 0;
    }
  }

  @Command(
      name = "add",
      description = {
        "Adds a model: with --checkpoint its stages are started on this machine, else they",
        "are looked for where --vision, --abstractor and --llm say."
      })
  int add(
      @Parameters(paramLabel = "NAME", description = "What requests choose it by.") String name,
      @Option(
              names = "--checkpoint",
              paramLabel = "DIR",
              description = "Checkpoint folder, Hugging Face layout.")
          @Nullable Path checkpoint,
      @Option(
              names = "--vision",
              paramLabel = "PLACES",
              description = "Replicas of its vision service, as OWL_VISION tells them.")
          @Nullable String vision,
      @Option(
              names = "--abstractor",
              paramLabel = "PLACES",
              description = "Replicas of its abstractor service.")
          @Nullable String abstractor,
      @Option(
              names = "--llm",
              paramLabel = "PLACES",
              description = "Replicas of its language model service.")
          @Nullable String llm,
      @Option(
              names = "--default-adapter",
              paramLabel = "NAME",
              defaultValue = "",
              description = "Adapter of requests that name none.")
          String adapter,
      @Option(
              names = "--wait",
              paramLabel = "SECONDS",
              defaultValue = "300",
              description =
                  "How long its start on this machine may take (default: ${DEFAULT-VALUE}).")
          int waitSeconds)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    if (checkpoint != null) {
      if (vision != null || abstractor != null || llm != null) {
        throw wrong("--checkpoint starts the stages, so no --vision, --abstractor or --llm.");
      }
      local(waitSeconds).add(model(name, checkpoint));
      return 0;
    }
    if (vision == null || abstractor == null || llm == null) {
      throw wrong("Say --checkpoint, or all of --vision, --abstractor and --llm.");
    }
    try (MeshClient client = new MeshClient(mesh.address(home))) {
      client.addModel(
          AddModelRequest.newBuilder()
              .setName(name)
              .setVision(vision)
              .setAbstractor(abstractor)
              .setLlm(llm)
              .setDefaultAdapter(adapter)
              .build());
    }
    return say("%s is added, and serves once its stages answer".formatted(name));
  }

  @Command(
      name = "remove",
      description = {
        "Removes a model: it gets no new answers, those in work end, and stages of it that",
        "./owl started on this machine end after them."
      })
  int remove(
      @Parameters(paramLabel = "NAME", description = "Which.") String name,
      @Option(
              names = "--wait",
              paramLabel = "SECONDS",
              defaultValue = "300",
              description = "How long it may take (default: ${DEFAULT-VALUE}).")
          int waitSeconds)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    try (MeshClient client = new MeshClient(mesh.address(home))) {
      client.removeModel(name);
    }
    if (home.run().running().filter(here -> !here.ofModel(name).isEmpty()).isPresent()) {
      local(waitSeconds).remove(name);
      return 0;
    }
    return say("%s is removed".formatted(name));
  }

  private MeshModels local(int waitSeconds) {
    return new MeshModels(home.run(), spec.commandLine().getOut(), Duration.ofSeconds(waitSeconds));
  }

  private LocalModel model(String name, Path checkpoint) throws IOException {
    try {
      return LocalModels.of(name, checkpoint);
    } catch (IllegalArgumentException refused) {
      throw wrong(String.valueOf(refused.getMessage()));
    }
  }

  private ParameterException wrong(String why) {
    return new ParameterException(spec.commandLine(), why);
  }

  private int say(String what) {
    spec.commandLine().getOut().println(what);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
