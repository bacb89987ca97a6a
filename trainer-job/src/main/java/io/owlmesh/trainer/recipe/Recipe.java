// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A training job: where it begins, its stages in order, and where the result goes. Paths are
 * relative to the working directory.
 *
 * @param output folder of everything that the job writes
 * @param seed of initial weights, the order of the data, augmentation and dropout
 * @param device {@code cpu} or {@code cuda:N}
 * @param threads of one operator; 0 for one a core
 * @param shards that a step's samples are cut into, whose gradients are added along a fixed tree; 0
 *     if nobody says
 * @param checkpoint the model to begin with
 * @param adapter a LoRA to go on from
 * @param model instead of a checkpoint: dimensions of a model with random weights
 * @param book data to be made before the first stage, unless it is there
 * @param study if present, the stages are a choice that its variants are made of
 * @param saveAs type of the weights of the result
 */
public record Recipe(
    String name,
    Path output,
    long seed,
    String device,
    int threads,
    int shards,
    Optional<Path> checkpoint,
    Optional<Path> adapter,
    Optional<NewModel> model,
    Optional<Book> book,
    List<TrainingStage> stages,
    Optional<Evaluate> evaluate,
    Optional<Study> study,
    @JsonProperty("save_as") String saveAs) {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .addModule(new com.fasterxml.jackson.datatype.jdk8.Jdk8Module())
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  /**
   * How the result is measured.
   *
   * @param test file of dialogues whose last reply is known
   * @param limit questions of each skill and language; 0 for all
   */
  public record Evaluate(Path test, @JsonProperty("max_new_tokens") int maxNewTokens, int limit) {
    public Evaluate {
      Check.given("evaluate.test", test);
      Check.range("evaluate.max_new_tokens", maxNewTokens, 1, 4096);
      Check.range("evaluate.limit", limit, 0, 1_000_000);
    }
  }

  /**
   * Several trainings that are compared.
   *
   * @param seeds each variant runs once with each
   */
  public record Study(List<Long> seeds, List<Variant> variants) {
    public Study {
      seeds = List.copyOf(Check.given("study.seeds", seeds));
      variants = List.copyOf(Check.given("study.variants", variants));
      Check.that(!seeds.isEmpty(), "study.seeds", "there are none");
      Check.that(!variants.isEmpty(), "study.variants", "there are none");
      Check.that(Set.copyOf(seeds).size() == seeds.size(), "study.seeds", "one comes twice");
      Check.that(
          variants.stream().map(Variant::name).distinct().count() == variants.size(),
          "study.variants",
          "two have one name");
    }
  }

  /**
   * A training of a study.
   *
   * @param stages by name, in order; those that several variants begin with alike run once
   */
  public record Variant(String name, List<String> stages) {
    public Variant {
      Check.given("study.variants.name", name);
      Check.that(name.matches("[a-z0-9][a-z0-9-]{0,39}"), "study.variants.name", "[a-z0-9-] only");
      stages = List.copyOf(Check.given("study.variants.stages", stages));
    }
  }

  /**
   * A picture book to be made.
   *
   * @param pretrain samples of text for the language model
   * @param align images with captions
   * @param instructImage dialogues about images
   * @param instructText dialogues without
   * @param test questions of each skill
   */
  public record Book(
      Path folder,
      long seed,
      @JsonProperty("image_size") int imageSize,
      int pretrain,
      int align,
      @JsonProperty("instruct_image") int instructImage,
      @JsonProperty("instruct_text") int instructText,
      int test) {
    public Book {
      Check.given("book.folder", folder);
      Check.range("book.image_size", imageSize, 16, 4096);
      Check.range("book.pretrain", pretrain, 0, 100_000_000);
      Check.range("book.align", align, 0, 100_000_000);
      Check.range("book.instruct_image", instructImage, 0, 100_000_000);
      Check.range("book.instruct_text", instructText, 0, 100_000_000);
      Check.range("book.test", test, 0, 1_000_000);
    }
  }

  /** Gives what may be left out. */
  public Recipe(
      @JsonProperty("name") @Nullable String name,
      @JsonProperty("output") @Nullable Path output,
      @JsonProperty("seed") long seed,
      @JsonProperty("device") @Nullable String device,
      @JsonProperty("threads") int threads,
      @JsonProperty("shards") int shards,
      @JsonProperty("checkpoint") Optional<Path> checkpoint,
      @JsonProperty("adapter") Optional<Path> adapter,
      @JsonProperty("model") Optional<NewModel> model,
      @JsonProperty("book") Optional<Book> book,
      @JsonProperty("stages") @Nullable List<TrainingStage> stages,
      @JsonProperty("evaluate") Optional<Evaluate> evaluate,
      @JsonProperty("study") Optional<Study> study,
      @JsonProperty("save_as") @Nullable String saveAs) {
    this.name = Check.given("name", name);
    this.output = Check.given("output", output);
    this.seed = seed;
    this.device = device == null ? "cpu" : device;
    this.threads = threads;
    this.shards = shards;
    this.checkpoint = checkpoint;
    this.adapter = adapter;
    this.model = model;
    this.book = book;
    this.stages = List.copyOf(Check.given("stages", stages));
    this.evaluate = evaluate;
    this.study = study;
    this.saveAs = saveAs == null ? "bfloat16" : saveAs;
    Check.range("threads", threads, 0, 1024);
    Check.range("shards", shards, 0, 1024);
    Check.that(
        this.checkpoint.isPresent() != this.model.isPresent(),
        "checkpoint",
        "name one, or the dimensions of a new model, but not both");
    Check.that(!this.stages.isEmpty(), "stages", "there are none");
    Check.that(
        this.saveAs.equals("bfloat16") || this.saveAs.equals("float32"),
        "save_as",
        "'" + this.saveAs + "'; known are bfloat16 and float32");
    Set<String> names = new HashSet<>();
    for (TrainingStage stage : this.stages) {
      Check.that(names.add(stage.name()), "stages", "two are named " + stage.name());
    }
    if (study.isPresent()) {
      Check.that(evaluate.isPresent(), "evaluate", "is missing; a study compares by it");
      for (Variant variant : study.get().variants()) {
        for (String stage : variant.stages()) {
          Check.that(names.contains(stage), "study.variants.stages", "no stage is named " + stage);
        }
      }
    }
  }

  /** The same recipe for several workers, with so many threads each and shards a step. */
  public Recipe forWorkers(int ownThreads, int ownShards) {
    return new Recipe(
        name,
        output,
        seed,
        device,
        ownThreads,
        ownShards,
        checkpoint,
        adapter,
        model,
        book,
        stages,
        evaluate,
        study,
        saveAs);
  }

  /** The plain recipe of one training of a study. Trainings of one seed share their output. */
  public Recipe of(Variant variant, long ownSeed) {
    return new Recipe(
        variant.name(),
        output.resolve("seed-" + ownSeed),
        ownSeed,
        device,
        threads,
        shards,
        checkpoint,
        adapter,
        model,
        book,
        variant.stages().stream()
            .map(name ->
                stages.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow())
            .toList(),
        evaluate,
        Optional.empty(),
        saveAs);
  }

  /**
   * Reads a file.
   *
   * @throws OwlException BAD_INPUT naming the field, also one that no recipe has
   */
  public static Recipe read(Path file) {
    try {
      return YAML.readValue(file.toFile(), Recipe.class);
    } catch (ValueInstantiationException e) {
      if (e.getCause() instanceof OwlException ours) {
        throw ours;
      }
      throw bad(file, e);
    } catch (JsonMappingException e) {
      throw bad(file, e);
    } catch (IOException e) {
      throw OwlException.badInput("recipe", file + ": " + e.getMessage());
    }
  }

  private static OwlException bad(Path file, JsonMappingException e) {
    if (e.getCause() instanceof OwlException ours) {
      return ours;
    }
    StringBuilder field = new StringBuilder();
    for (JsonMappingException.Reference reference : e.getPath()) {
      field.append(
          reference.getFieldName() == null
              ? "[" + reference.getIndex() + "]"
              : (field.isEmpty() ? "" : ".") + reference.getFieldName());
    }
    return OwlException.badInput(field.toString(), file + ": " + firstLine(e));
  }

  private static String firstLine(JacksonException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("cannot be read");
  }
}
