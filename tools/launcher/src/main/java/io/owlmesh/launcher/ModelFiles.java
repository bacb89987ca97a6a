// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;

/** What the orchestrator reads to know the models beside its own: a folder with a file for each. */
final class ModelFiles {
  static final String SETTING = "OWL_MODELS";
  private static final String SUFFIX = ".model";

  private ModelFiles() {}

  static Path folder(RunFolder run) {
    return run.folder().resolve("models").toAbsolutePath();
  }

  /** Writes those of all models that services belong to. */
  static void write(RunFolder run, Collection<ServicePlan> services) throws IOException {
    Files.createDirectories(folder(run), RunFolder.FOLDER_OF_OWNER);
    for (ServicePlan service : services) {
      String role = Replicas.roleOf(service.name());
      String model = Replicas.modelOf(role);
      if (!model.isEmpty() && Replicas.stageOf(role).equals("llm")) {
        write(run, model, service.environment().getOrDefault("OWL_DEFAULT_ADAPTER", ""));
      }
    }
  }

  private static void write(RunFolder run, String model, String adapter) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String stage : Replicas.STAGES) {
      text.append("%s = file:%s%n".formatted(stage, AddressFiles.file(run, model + "." + stage)));
    }
    if (!adapter.isEmpty()) {
      text.append("default-adapter = %s%n".formatted(adapter));
    }
    RunFolder.write(folder(run).resolve(model + SUFFIX), text.toString());
  }

  static void delete(RunFolder run, String model) throws IOException {
    Files.deleteIfExists(folder(run).resolve(model + SUFFIX));
  }

  static void delete(RunFolder run) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder(run), "*" + SUFFIX)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException none) {
      // All stages are in one process.
    }
  }
}
