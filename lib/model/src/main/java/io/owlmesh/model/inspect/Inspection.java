// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.inspect;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.AdapterReader;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.checkpoint.Finiteness;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.model.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything there is to say about a checkpoint folder, problems included; for people who wonder
 * why it does not load.
 *
 * @param layout the file that decided the layout; empty if there are no weights
 * @param config as read; meaningless where problems name its files
 * @param notes what works but is worth knowing
 */
public record Inspection(
    Path folder,
    String layout,
    ModelConfig config,
    List<PartSummary> parts,
    List<AdapterSummary> adapters,
    List<Problem> problems,
    List<String> notes) {

  /**
   * What a part holds.
   *
   * @param tensors found
   * @param expectedTensors that the configuration asks for
   * @param parameters numbers found
   * @param bytes of them on disk
   */
  public record PartSummary(
      Part part,
      int tensors,
      int expectedTensors,
      long parameters,
      SortedSet<DType> dtypes,
      long bytes) {}

  /**
   * An adapter found in the folder.
   *
   * @param path of its folder; the checkpoint's own for one that is embedded or lies beside
   */
  public record AdapterSummary(
      Path path, String name, int rank, double alpha, boolean alphaAssumed, int modules) {}

  /**
   * Inspects a folder, its weights included: whatever a service would refuse is found. What is
   * wrong becomes problems, never an exception.
   */
  public static Inspection of(Path folder) {
    Problems problems = new Problems();
    List<String> notes = new ArrayList<>();
    Checkpoint checkpoint = Checkpoint.read(folder, problems);
    boolean configured =
        checkpoint.isUnderstood()
            && problems.list().stream().noneMatch(p -> p.where().startsWith("config.json"));
    if (checkpoint.hasWeights() && configured) {
      problems.addAll(checkpoint.mismatches(EnumSet.allOf(Part.class)));
    }
    if (checkpoint.isUnderstood()) {
      checkpoint
          .strangers()
          .forEach(name ->
              problems.add(name, "unexpected tensor, which belongs to no part of the model"));
    }
    findNonFinite(checkpoint, problems);
    openTokenizer(folder, configured ? checkpoint.config() : null, problems);
    List<AdapterSummary> adapters = adapters(folder, checkpoint, configured, problems, notes);
    return new Inspection(
        folder,
        checkpoint.layout(),
        checkpoint.config(),
        parts(checkpoint, configured),
        adapters,
        problems.list().stream().distinct().toList(),
        List.copyOf(notes));
  }

  private static void findNonFinite(Checkpoint checkpoint, Problems problems) {
    for (TensorEntry entry : checkpoint.tensors().values()) {
      try {
        Finiteness.problem(entry).ifPresent(message -> problems.add(entry.name(), message));
      } catch (OwlException e) {
        problems.add(e);
      }
    }
  }

  private static void openTokenizer(Path folder, @Nullable ModelConfig config, Problems problems) {
    try {
      if (config == null) {
        Tokenizer.open(folder);
      } else {
        config.requireEmbedded(config.tokenizer(folder));
        config.questionTokenizer(folder);
      }
    } catch (OwlException e) {
      problems.add(e);
    }
    try {
      if (config != null) {
        config.chatTemplate(folder);
      }
    } catch (OwlException e) {
      problems.add(e);
    }
  }

  /** Whether nothing is wrong. */
  public boolean isSound() {
    return problems.isEmpty();
  }

  /** An aligned table for a terminal. */
  public String toText() {
    return InspectionText.render(this);
  }

  private static List<PartSummary> parts(Checkpoint checkpoint, boolean configured) {
    List<PartSummary> result = new ArrayList<>();
    for (Part part : Part.values()) {
      List<TensorEntry> entries =
          checkpoint.tensors().values().stream()
              .filter(
                  e -> Part.of(checkpoint.config(), e.name()).filter(p -> p == part).isPresent())
              .toList();
      SortedSet<DType> dtypes = new TreeSet<>();
      entries.forEach(e -> dtypes.add(e.dtype()));
      int expected =
          configured ? ExpectedTensors.of(checkpoint.config()).of(part).size() : entries.size();
      result.add(
          new PartSummary(
              part,
              entries.size(),
              expected,
              entries.stream().mapToLong(TensorEntry::elements).sum(),
              dtypes,
              entries.stream().mapToLong(TensorEntry::bytes).sum()));
    }
    return List.copyOf(result);
  }

  private static List<AdapterSummary> adapters(
      Path folder,
      Checkpoint checkpoint,
      boolean configured,
      Problems problems,
      List<String> notes) {
    Set<Path> places = new TreeSet<>();
    if (!checkpoint.adapterTensors().isEmpty() || AdapterFile.isAdapterFolder(folder)) {
      places.add(folder);
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> children = Files.list(folder)) {
        children.filter(AdapterFile::isAdapterFolder).forEach(places::add);
      } catch (IOException e) {
        problems.add(folder.toString(), "cannot be listed: " + RegularFile.reason(e));
      }
    }
    List<AdapterSummary> result = new ArrayList<>();
    for (Path place : places) {
      Problems own = new Problems();
      AdapterFile adapter =
          AdapterReader.read(place, AdapterReader.nameOf(place), place.toString(), own);
      problems.addAll(own.list());
      if (!own.isEmpty()) {
        continue;
      }
      if (configured) {
        problems.addAll(adapter.mismatches(checkpoint.config()));
      }
      if (adapter.alphaAssumed()) {
        notes.add(
            "adapter %s tells no alpha; assuming %s, the authors' ratio"
                .formatted(adapter.name(), StrictJson.plain(adapter.alpha())));
      }
      result.add(summary(place, adapter));
    }
    return List.copyOf(result);
  }

  private static AdapterSummary summary(Path place, AdapterFile adapter) {
    return new AdapterSummary(
        place,
        adapter.name(),
        adapter.rank(),
        adapter.alpha(),
        adapter.alphaAssumed(),
        adapter.modules().size());
  }
}
