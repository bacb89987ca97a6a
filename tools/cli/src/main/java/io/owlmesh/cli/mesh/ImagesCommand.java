// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.images.Flavour;
import io.owlmesh.images.ServiceImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes images of the services, for clusters. */
@Command(
    name = "images",
    description = "Makes OCI images of the services and of the trainer, without a daemon.",
    sortOptions = false,
    footer = {"", "The images run as user 1001, write to /tmp alone, and hold no weights."})
public final class ImagesCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "SERVICE",
      description = "vision, abstractor, llm, orchestrator, trainer (default: all).")
  private List<String> names = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--to",
      required = true,
      paramLabel = "PLACE",
      description =
          "A folder, which begins with . or /, for a tar each; else a registry, such as"
              + " registry.example.org/owl.")
  private String to;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description =
          "Image with a Java 25 that they are built on, or tar:FILE of one (default:"
              + " ${DEFAULT-VALUE}).")
  private String base = "eclipse-temurin:25-jre";

  @Option(
      names = "--flavour",
      paramLabel = "NAME",
      description =
          "cpu, or cuda: without natives, for a base with a libtorch for CUDA in /opt/libtorch"
              + " (default: cpu).")
  private Flavour flavour = Flavour.CPU;

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      description = "Their tag, after which comes -cuda (default: ${DEFAULT-VALUE}).")
  private String tag = "0.1.0-SNAPSHOT";

  public ImagesCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    for (String name : names) {
      if (!ServiceImages.NAMES.contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "'%s' is none of %s".formatted(name, String.join(", ", ServiceImages.NAMES)));
      }
    }
    ServiceImages images = new ServiceImages(home.root(), base, flavour, tag);
    PrintWriter out = spec.commandLine().getOut();
    for (String name : names.isEmpty() ? ServiceImages.NAMES : names) {
      boolean folder = to.startsWith(".") || to.startsWith("/");
      String digest = folder ? images.writeTo(Path.of(to), name) : images.push(to, name);
      out.println("  owl-%-13s%s".formatted(name, digest));
      out.flush();
    }
    return CommandLine.ExitCode.OK;
  }
}
