// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.family.mplugowl.MplugOwlConfig;
import io.owlmesh.model.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An mPLUG-Owl to begin with that does not exist yet.
 *
 * @param queries learned queries of the abstractor
 * @param spread factor of the authors' initial deviation of 0.02, which suits wide models
 */
public record NewModel(
    Tokenizer tokenizer,
    Vision vision,
    Abstractor abstractor,
    Language language,
    int queries,
    double spread) {
  public NewModel {
    Check.range("model.queries", queries, 1, 4096);
    Check.range("model.spread", spread, 0.01, 100);
  }

  /** Gives what may be left out. */
  @JsonCreator
  static NewModel read(
      @JsonProperty("tokenizer") @Nullable Tokenizer tokenizer,
      @JsonProperty("vision") @Nullable Vision vision,
      @JsonProperty("abstractor") @Nullable Abstractor abstractor,
      @JsonProperty("language") @Nullable Language language,
      @JsonProperty("queries") int queries,
      @JsonProperty("spread") @Nullable Double spread) {
    return new NewModel(
        Check.given("model.tokenizer", tokenizer),
        Check.given("model.vision", vision),
        Check.given("model.abstractor", abstractor),
        Check.given("model.language", language),
        queries,
        Check.or(spread, 1));
  }

  /**
   * A tokeniser to be trained.
   *
   * @param vocabulary pieces at most
   * @param texts JSONL files of dialogues
   */
  public record Tokenizer(int vocabulary, List<Path> texts) {
    public Tokenizer {
      Check.range("model.tokenizer.vocabulary", vocabulary, 300, 1_000_000);
      texts = List.copyOf(Check.given("model.tokenizer.texts", texts));
    }
  }

  /**
   * The vision encoder.
   *
   * @param image side of the square input, pixels
   * @param patch side of a patch, pixels
   */
  public record Vision(int width, int mlp, int layers, int heads, int image, int patch) {
    public Vision {
      check("model.vision", width, mlp, layers, heads);
      Check.range("model.vision.image", image, 8, 4096);
      Check.range("model.vision.patch", patch, 1, image);
      Check.that(image % patch == 0, "model.vision.patch", "does not divide the image's side");
    }
  }

  /** The abstractor; its features are the vision encoder's. */
  public record Abstractor(int width, int mlp, int layers, int heads) {
    public Abstractor {
      check("model.abstractor", width, mlp, layers, heads);
    }
  }

  /**
   * The language model.
   *
   * @param keyValueHeads as many as heads unless fewer are asked for
   */
  public record Language(
      int width,
      int mlp,
      int layers,
      int heads,
      @JsonProperty("key_value_heads") int keyValueHeads,
      int context) {
    public Language {
      check("model.language", width, mlp, layers, heads);
      Check.range("model.language.key_value_heads", keyValueHeads, 1, heads);
      Check.range("model.language.context", context, 8, 1_000_000);
    }

    /** Gives what may be left out. */
    @JsonCreator
    static Language read(
        @JsonProperty("width") int width,
        @JsonProperty("mlp") int mlp,
        @JsonProperty("layers") int layers,
        @JsonProperty("heads") int heads,
        @JsonProperty("key_value_heads") @Nullable Integer keyValueHeads,
        @JsonProperty("context") @Nullable Integer context) {
      return new Language(
          width, mlp, layers, heads, Check.or(keyValueHeads, heads), Check.or(context, 2048));
    }
  }

  private static void check(String field, int width, int mlp, int layers, int heads) {
    Check.range(field + ".width", width, 1, 65_536);
    Check.range(field + ".mlp", mlp, 1, 262_144);
    Check.range(field + ".layers", layers, 1, 1024);
    Check.range(field + ".heads", heads, 1, 1024);
    Check.that(width % heads == 0, field + ".heads", "do not divide the width");
  }

  /**
   * The dimensions.
   *
   * @param vocabulary pieces that the tokeniser came to have
   */
  public MplugOwlConfig config(int vocabulary) {
    Language l = language;
    return new MplugOwlConfig(
        new MplugOwlConfig.Vision(
            vision.width,
            vision.mlp,
            vision.layers,
            vision.heads,
            vision.image,
            vision.patch,
            1e-6),
        new MplugOwlConfig.Abstractor(
            abstractor.width, abstractor.mlp, abstractor.layers, abstractor.heads, 1e-6),
        new LlamaConfig(
            vocabulary,
            l.width,
            l.mlp,
            l.layers,
            l.heads,
            l.keyValueHeads,
            l.width / l.heads,
            1e-6,
            10_000,
            l.context,
            1,
            2),
        Preprocessing.clip(vision.image),
        queries);
  }
}
