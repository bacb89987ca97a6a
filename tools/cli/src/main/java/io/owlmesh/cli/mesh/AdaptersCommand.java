// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.google.common.io.ByteSource;
import com.google.common.io.MoreFiles;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.cli.option.Home;
import io.owlmesh.client.AdapterClient;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.Columns;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.ListAdaptersResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Looks after the LoRA adapters that requests may name. */
@Command(
    name = "adapters",
    description = "Lists the LoRA adapters of the language model; loads and unloads them.",
    sortOptions = false,
    footer = {"", "Answers on their way finish with the adapter that they began with."})
public final class AdaptersCommand implements Callable<Integer> {
  private static final String CONFIGURATION = "adapter_config.json";
  private static final List<String> WEIGHTS =
      List.of("adapter_model.safetensors", "adapter_model.bin");
  private static final int DIGEST_SHOWN = 12;

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Mixin private LanguageModelFlag llm = new LanguageModelFlag();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Whose adapters (default: those of the model that ./owl up was started with).")
  private String model = "";

  @Option(names = "--json", description = "List them as JSON, for programs.")
  private boolean json;

  public AdaptersCommand(Home home) {
    this.home = home;
  }

  /** What to do with the adapters; what it returns is printed. */
  private interface Work {
    String with(AdapterClient adapters) throws AnswerFailed, IOException, InterruptedException;
  }

  private int run(List<Address> replicas, Work work)
      throws IOException, AnswerFailed, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    for (Address replica : replicas) {
      try (AdapterClient client = new AdapterClient(replica)) {
        String done = work.with(client);
        out.println(replicas.size() == 1 ? done : replica + ": " + done);
        out.flush();
      }
    }
    return 0;
  }

  /** Changes every replica: requests may come to any. */
  private int run(Work work) throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(llm.required(home, model), work);
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    return list(json);
  }

  @Command(name = "list", description = "Lists them, as without a command.")
  int list(@Option(names = "--json", description = "As JSON, for programs.") boolean asJson)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(
        llm.required(home, model).subList(0, 1),
        adapters -> asJson ? json(adapters.list()) : table(adapters.list()));
  }

  private static String json(List<Adapter> adapters) throws IOException {
    return JsonFormat.printer()
        .alwaysPrintFieldsWithNoPresence()
        .print(ListAdaptersResponse.newBuilder().addAllAdapters(adapters));
  }

  private static String table(List<Adapter> adapters) {
    if (adapters.isEmpty()) {
      return "There are no adapters.";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("ADAPTER", "RANK", "PARAMETERS", "DIGEST"));
    for (Adapter one : adapters) {
      rows.add(
          List.of(
              one.getName(),
              Integer.toString(one.getRank()),
              String.format(Locale.ROOT, "%,d", one.getParameters()),
              shortDigest(one)));
    }
    return new Columns(rows).toString();
  }

  private static String shortDigest(Adapter adapter) {
    String digest = adapter.getDigest();
    return digest.substring(0, Math.min(DIGEST_SHOWN, digest.length()));
  }

  private static String loaded(Adapter adapter) {
    return "%s is loaded: rank %d, digest %s"
        .formatted(adapter.getName(), adapter.getRank(), shortDigest(adapter));
  }

  @Command(
      name = "load",
      description = "Loads one from the service's own folder (--adapters of ./owl up) again.")
  int load(@Parameters(paramLabel = "NAME", description = "Its subfolder.") String name)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(adapters -> loaded(adapters.load(name)));
  }

  @Command(
      name = "upload",
      description = {
        "Sends one to the service, which keeps it in its own folder if it has one.",
        "One of the same name is replaced."
      })
  int upload(
      @Parameters(paramLabel = "DIR", description = "Folder as PEFT writes it.") Path folder,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "What requests call it (default: the folder's name).")
          @Nullable String name,
      @Option(names = "--temporary", description = "Gone when the service stops.")
          boolean temporary)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    Map<String, ByteSource> files = files(folder);
    String called =
        name == null ? folder.toAbsolutePath().normalize().getFileName().toString() : name;
    return run(adapters -> loaded(adapters.upload(called, temporary, files)));
  }

  private Map<String, ByteSource> files(Path folder) {
    Map<String, ByteSource> files = new LinkedHashMap<>();
    List<String> weights =
        WEIGHTS.stream().filter(file -> Files.isRegularFile(folder.resolve(file))).toList();
    if (!Files.isRegularFile(folder.resolve(CONFIGURATION)) || weights.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "There is no adapter in %s: it has no %s with %s"
              .formatted(folder, CONFIGURATION, String.join(" or ", WEIGHTS)));
    }
    for (String file : List.of(CONFIGURATION, weights.getFirst())) {
      files.put(file, MoreFiles.asByteSource(folder.resolve(file)));
    }
    return files;
  }

  @Command(name = "unload", description = "Removes one; its files stay where they are.")
  int unload(@Parameters(paramLabel = "NAME", description = "What requests call it.") String name)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(adapters -> {
      adapters.unload(name);
      return name + " is unloaded";
    });
  }
}
