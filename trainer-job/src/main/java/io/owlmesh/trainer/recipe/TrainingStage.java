// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.owlmesh.trainer.data.Cutting;
import io.owlmesh.trainer.training.Optimiser;
import io.owlmesh.trainer.training.Trainables;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One stage of training; begins with the result of the one before.
 *
 * @param trains what learns; all else is frozen
 * @param fresh what begins anew
 * @param data files of the mixture
 * @param steps updates of the weights
 * @param batch samples of one update
 * @param positions of one call of the network at most: a larger batch is computed in several, whose
 *     gradients add up to the same
 * @param sequenceLength tokens of a sample at most, M
 * @param rate peak of the learning rate
 * @param precision of the arithmetic: {@code float32} or {@code bfloat16}; weights that learn are
 *     float32 in both
 * @param checkpointing whether activations are computed again instead of kept
 * @param abstractorDropout of the abstractor's attention
 * @param cutting where text is cut before it is tokenised
 * @param localSteps that workers learn alone between two exchanges; else they share each step
 * @param saveEvery steps between two savings of the state
 */
public record TrainingStage(
    String name,
    List<Part> trains,
    Optional<Fresh> fresh,
    Optional<LoraRecipe> lora,
    List<Data> data,
    long steps,
    int batch,
    int positions,
    @JsonProperty("sequence_length") int sequenceLength,
    double rate,
    OptimiserRecipe optimizer,
    Schedule schedule,
    String precision,
    @JsonProperty("gradient_checkpointing") boolean checkpointing,
    @JsonProperty("abstractor_dropout") double abstractorDropout,
    Augment augmentation,
    Cutting cutting,
    Optional<Validation> validation,
    @JsonProperty("local_steps") Optional<LocalStepsRecipe> localSteps,
    @JsonProperty("save_every") long saveEvery) {
  private static final long USUAL_SAVE_EVERY = 500;

  /** Parts that can learn. */
  public enum Part {
    VISION,
    QUERIES,
    ABSTRACTOR,
    PROJECTION,
    LANGUAGE_MODEL
  }

  /** Parts of the model that can begin anew. */
  public enum Anew {
    /** Queries and abstractor, as they are shaped. */
    CONNECTOR,
    /** A linear projection of every feature in the place of queries and abstractor. */
    LINEAR_CONNECTOR,
    /** The last linear layer of the abstractor. */
    PROJECTION
  }

  /**
   * What a stage does not take from the one before.
   *
   * @param spread as in {@link NewModel}
   */
  public record Fresh(Anew part, double spread) {
    public Fresh {
      Check.range("stages.fresh.spread", spread, 0.01, 100);
    }

    @JsonCreator
    static Fresh read(
        @JsonProperty("part") @Nullable Anew part,
        @JsonProperty("spread") @Nullable Double spread) {
      return new Fresh(Check.given("stages.fresh.part", part), Check.or(spread, 1));
    }
  }

  /**
   * A file of samples, or shards.
   *
   * @param weight share of draws among the files of the stage
   * @param images folder of the images; the file's own if it is empty
   */
  public record Data(String file, double weight, Optional<Path> images) {
    public Data {
      Check.range("stages.data.weight", weight, 1e-6, 1e6);
    }

    @JsonCreator
    static Data read(
        @JsonProperty("file") @Nullable String file,
        @JsonProperty("weight") @Nullable Double weight,
        @JsonProperty("images") Optional<Path> images) {
      return new Data(Check.given("stages.data.file", file), Check.or(weight, 1), images);
    }
  }

  /**
   * How images vary.
   *
   * @param crop least share of the area that a random crop keeps; 0 for none
   */
  public record Augment(double crop, boolean flip) {
    static final Augment NONE = new Augment(0, false);

    public Augment {
      Check.range("stages.augmentation.crop", crop, 0, 1);
    }
  }

  /**
   * A loss on samples that are not learnt.
   *
   * @param every steps between two
   */
  public record Validation(String file, Optional<Path> images, long every, int samples) {
    public Validation(String file, Optional<Path> images, long every, int samples) {
      this.file = Check.given("stages.validation.file", file);
      this.images = images;
      this.every = every;
      this.samples = samples;
      Check.range("stages.validation.every", (double) every, 1, 1_000_000_000);
      Check.range("stages.validation.samples", samples, 1, 1_000_000);
    }
  }

  public TrainingStage {
    trains = List.copyOf(trains);
    data = List.copyOf(data);
    Check.that(name.matches("[a-z0-9][a-z0-9-]{0,39}"), "stages.name", "[a-z0-9-] only");
    Check.that(
        !trains.isEmpty() || lora.isPresent(),
        field(name, "trains"),
        "nothing learns in this stage");
    Check.that(!data.isEmpty(), field(name, "data"), "there is none");
    Check.range(field(name, "steps"), (double) steps, 1, 100_000_000);
    Check.range(field(name, "batch"), batch, 1, 1_000_000);
    Check.range(field(name, "positions"), positions, 1, 100_000_000);
    Check.range(field(name, "sequence_length"), sequenceLength, 8, 1_000_000);
    Check.range(field(name, "rate"), rate, 1e-12, 10);
    Check.range(field(name, "abstractor_dropout"), abstractorDropout, 0, 0.99);
    Check.range(field(name, "save_every"), (double) saveEvery, 1, 1_000_000_000);
    Check.that(
        localSteps.isEmpty() || saveEvery % localSteps.get().every() == 0,
        field(name, "save_every"),
        saveEvery + ", it must be a multiple of local_steps.every: the state is saved there");
    Check.that(
        localSteps.isEmpty() || batch >= localSteps.get().workers(),
        field(name, "batch"),
        batch + " samples, each of local_steps.workers needs one");
    Check.that(
        precision.equals("float32") || precision.equals("bfloat16"),
        field(name, "precision"),
        "'" + precision + "'; known are float32 and bfloat16");
  }

  private static String field(String stage, String name) {
    return "stages." + stage + "." + name;
  }

  /** Gives what may be left out. */
  @JsonCreator
  static TrainingStage read(
      @JsonProperty("name") @Nullable String name,
      @JsonProperty("trains") @Nullable List<Part> trains,
      @JsonProperty("fresh") Optional<Fresh> fresh,
      @JsonProperty("lora") Optional<LoraRecipe> lora,
      @JsonProperty("data") @Nullable List<Data> data,
      @JsonProperty("steps") long steps,
      @JsonProperty("batch") int batch,
      @JsonProperty("positions") @Nullable Integer positions,
      @JsonProperty("sequence_length") int sequenceLength,
      @JsonProperty("rate") double rate,
      @JsonProperty("optimizer") @Nullable OptimiserRecipe optimizer,
      @JsonProperty("schedule") @Nullable Schedule schedule,
      @JsonProperty("precision") @Nullable String precision,
      @JsonProperty("gradient_checkpointing") boolean checkpointing,
      @JsonProperty("abstractor_dropout") double abstractorDropout,
      @JsonProperty("augmentation") @Nullable Augment augmentation,
      @JsonProperty("cutting") @Nullable Cutting cutting,
      @JsonProperty("validation") Optional<Validation> validation,
      @JsonProperty("local_steps") Optional<LocalStepsRecipe> localSteps,
      @JsonProperty("save_every") @Nullable Long saveEvery) {
    String given = Check.given("stages.name", name);
    return new TrainingStage(
        given,
        trains == null ? List.of() : trains,
        fresh,
        lora,
        Check.given(field(given, "data"), data),
        steps,
        batch,
        Check.or(positions, 8192),
        sequenceLength,
        rate,
        optimizer == null ? OptimiserRecipe.DEFAULT : optimizer,
        schedule == null ? new Schedule(null, 0, 0) : schedule,
        precision == null ? "float32" : precision,
        checkpointing,
        abstractorDropout,
        augmentation == null ? Augment.NONE : augmentation,
        cutting == null ? Cutting.AUTHORS : cutting,
        validation,
        localSteps,
        Check.or(saveEvery, localSteps.map(TrainingStage::saveEvery).orElse(USUAL_SAVE_EVERY)));
  }

  /** About as often as else, where all have the same weights. */
  private static long saveEvery(LocalStepsRecipe local) {
    return local.every() * Math.max(1, USUAL_SAVE_EVERY / local.every());
  }

  /** What learns. */
  public Trainables trainables() {
    return new Trainables(
        trains.contains(Part.VISION),
        trains.contains(Part.QUERIES),
        trains.contains(Part.ABSTRACTOR),
        trains.contains(Part.PROJECTION),
        trains.contains(Part.LANGUAGE_MODEL),
        lora.map(LoraRecipe::lora));
  }

  /** How it learns. */
  public Optimiser optimiser() {
    return optimizer.optimiser();
  }
}
