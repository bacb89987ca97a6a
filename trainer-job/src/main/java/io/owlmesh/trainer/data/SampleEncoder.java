// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.image.codec.Picture;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From a dialogue to token ids and what of them is learnt, as the authors train: the text is cut at
 * images and at the openings of turns, each piece is tokenised by itself, and learnt is what the AI
 * says with an end of sequence behind it. A turn opens at the start of a line: the authors also
 * take {@code AI: } within one for an opening, so that words a user typed would be learnt. Safe for
 * use by several threads.
 */
public final class SampleEncoder {
  private static final String IMAGE = "<image>";
  private static final Pattern IMAGES = Pattern.compile(IMAGE);

  private final Tokenizer tokenizer;
  private final ModelConfig config;
  private final int maxLength;
  private final Augmentation augmentation;
  private final Cutting cutting;
  private final ImageProcessor processor;
  private final String opening;
  private final String reply;
  private final Pattern cuts;
  private final Pattern replyEnd;

  /**
   * @param maxLength M; a sample has at most M + 1 positions
   */
  public SampleEncoder(
      Tokenizer tokenizer,
      ModelConfig config,
      int maxLength,
      Augmentation augmentation,
      Cutting cutting) {
    this.tokenizer = tokenizer;
    this.config = config;
    this.maxLength = maxLength;
    this.augmentation = augmentation;
    this.cutting = cutting;
    this.processor = config.imageProcessor();
    String question = config.chatTemplate().opening(Role.HUMAN);
    this.opening = config.chatTemplate().opening(Role.AI);
    this.reply = opening.stripLeading();
    this.replyEnd = Pattern.compile(Pattern.quote(question) + "|" + IMAGE);
    this.cuts =
        Pattern.compile(
            IMAGE + "|(?<![^\n])" + Pattern.quote(reply) + "|" + Pattern.quote(question));
  }

  /**
   * Encodes a sample.
   *
   * @param random source of the augmentation
   * @throws BadSample if it cannot be used, with the reason
   */
  public EncodedSample encode(TrainingSample sample, RandomGenerator random) throws BadSample {
    requirePlaces(sample);
    boolean served =
        switch (cutting) {
          case AUTHORS -> false;
          case SERVED -> true;
          case BOTH -> random.nextBoolean();
        };
    Positions positions = served ? served(sample, random) : authors(sample);
    List<HostTensor> pixels = new ArrayList<>();
    for (TrainingSample.Image image : sample.images().subList(0, positions.images)) {
      pixels.add(pixels(sample, image, random));
    }
    return positions.sample(pixels);
  }

  private static void requirePlaces(TrainingSample sample) throws BadSample {
    long places = IMAGES.matcher(sample.text()).results().count();
    if (places != sample.images().size()) {
      throw new BadSample(
          Reason.IMAGE_COUNT,
          "%s has %d images and %d places for them"
              .formatted(sample.key(), sample.images().size(), places));
    }
    if (sample.text().startsWith(IMAGE)) {
      throw new BadSample(Reason.MEDIA_FIRST, sample.key() + " begins with an image");
    }
  }

  private HostTensor pixels(
      TrainingSample sample, TrainingSample.Image image, RandomGenerator random) throws BadSample {
    String what = sample.key() + ", image " + image.name();
    byte[] file;
    try {
      file = image.read();
    } catch (NoSuchFileException _) {
      throw new BadSample(Reason.MISSING_IMAGE, what + " does not exist");
    } catch (IOException e) {
      throw new BadSample(Reason.BROKEN_IMAGE, what + ": " + e.getMessage());
    }
    try {
      Picture picture = new PictureDecoder().decode(file);
      return processor.normalise(augmentation.apply(picture, processor.size(), random));
    } catch (OwlException e) {
      throw new BadSample(Reason.BROKEN_IMAGE, what + ": " + e.getMessage());
    }
  }

  /** The prompt of one reply as it is asked for, then the reply. */
  private Positions served(TrainingSample sample, RandomGenerator random) throws BadSample {
    List<String> turns = List.of(sample.text().split(Pattern.quote(opening), -1));
    // The last reply half of the time: it may need what was said before.
    int last = turns.size() - 1;
    int asked = last < 2 || random.nextBoolean() ? last : random.nextInt(1, last + 1);
    if (last < 1) {
      throw new BadSample(Reason.NO_TARGET, sample.key() + " has no reply");
    }
    String prompt = String.join(opening, turns.subList(0, asked)) + opening;
    Positions positions = new Positions(maxLength, config.language().bos());
    for (String chunk : chunks(prompt, IMAGES)) {
      if (chunk.equals(IMAGE)) {
        positions.image(sample, config.visualTokens());
      } else {
        positions.first(sample, tokenizer.encode(chunk));
      }
    }
    String answer = turns.get(asked);
    Matcher end = replyEnd.matcher(answer);
    positions.reply(
        tokenizer.encode(end.find() ? answer.substring(0, end.start()) : answer),
        config.language().eos());
    return positions.checked(sample);
  }

  private Positions authors(TrainingSample sample) throws BadSample {
    Positions positions = new Positions(maxLength, config.language().bos());
    boolean learnt = false;
    boolean first = true;
    for (String chunk : chunks(sample.text(), cuts)) {
      if (chunk.equals(IMAGE)) {
        positions.image(sample, config.visualTokens());
      } else if (first) {
        positions.first(sample, tokenizer.encode(chunk));
      } else if (learnt) {
        positions.reply(tokenizer.encode(chunk), config.language().eos());
      } else {
        positions.text(tokenizer.encode(chunk));
      }
      learnt = chunk.equals(reply);
      first = false;
    }
    return positions.checked(sample);
  }

  /** The pieces with the cuts themselves among them; none is empty. */
  private static List<String> chunks(String text, Pattern cuts) {
    List<String> chunks = new ArrayList<>();
    Matcher matcher = cuts.matcher(text);
    int from = 0;
    while (matcher.find()) {
      if (matcher.start() > from) {
        chunks.add(text.substring(from, matcher.start()));
      }
      chunks.add(matcher.group());
      from = matcher.end();
    }
    if (from < text.length()) {
      chunks.add(text.substring(from));
    }
    return chunks;
  }

  /** Ids as they come, never more than M + 1. */
  private static final class Positions {
    private final int maxLength;
    private final int[] ids;
    private final boolean[] trained;
    private int length;
    private int targets;
    private int images;

    Positions(int maxLength, int bos) {
      this.maxLength = maxLength;
      this.ids = new int[maxLength + 1];
      this.trained = new boolean[maxLength + 1];
      ids[length++] = bos;
    }

    void first(TrainingSample sample, int[] chunk) throws BadSample {
      if (chunk.length > ids.length - length) {
        throw new BadSample(
            Reason.OVER_LONG,
            "%s opens with %d tokens, the limit is %d"
                .formatted(sample.key(), chunk.length, maxLength));
      }
      text(chunk);
    }

    void text(int[] chunk) {
      int count = Math.min(chunk.length, ids.length - length);
      System.arraycopy(chunk, 0, ids, length, count);
      length += count;
    }

    void reply(int[] chunk, int eos) {
      int count = Math.min(chunk.length, maxLength - length);
      if (count < 0) {
        return; // Not even the end of the sequence fits.
      }
      System.arraycopy(chunk, 0, ids, length, count);
      ids[length + count] = eos;
      Arrays.fill(trained, length, length + count + 1, true);
      length += count + 1;
      targets += count + 1;
    }

    void image(TrainingSample sample, int tokens) throws BadSample {
      if (tokens > ids.length - length) {
        throw new BadSample(
            Reason.OVER_LONG,
            "%s: an image at position %d does not fit into %d"
                .formatted(sample.key(), length, ids.length));
      }
      Arrays.fill(ids, length, length + tokens, PromptTokens.VISUAL);
      length += tokens;
      images++;
    }

    Positions checked(TrainingSample sample) throws BadSample {
      if (targets == 0) {
        throw new BadSample(Reason.NO_TARGET, sample.key() + " has nothing to learn");
      }
      return this;
    }

    EncodedSample sample(List<HostTensor> pixels) {
      return new EncodedSample(Arrays.copyOf(ids, length), Arrays.copyOf(trained, length), pixels);
    }
  }
}
