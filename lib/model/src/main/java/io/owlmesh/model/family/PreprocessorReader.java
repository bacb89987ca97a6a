// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.json.ConfigReader;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads preprocessor_config.json; what it leaves out is as in CLIP's image processor. */
public final class PreprocessorReader {
  private static final Set<Set<String>> SIZES =
      Set.of(Set.of("height", "width"), Set.of("shortest_edge"));

  /** As Pillow numbers its filters. */
  private static final int BICUBIC = 3;

  private static final double RESCALE = 1.0 / 255;

  private PreprocessorReader() {}

  /**
   * The preprocessing.
   *
   * @param fit how a picture becomes a square
   * @param imageSize side that the vision tower takes, pixels; another one is a problem
   */
  public static Preprocessing read(ConfigReader f, Fit fit, int imageSize) {
    for (String key : List.of("resolution", "crop_size", "size")) {
      if (f.isPresent(key)) {
        checkSize(f, key, imageSize);
      }
    }
    requireUsualSteps(f);
    Preprocessing clip = Preprocessing.clip(imageSize);
    double[] mean = {clip.meanRed(), clip.meanGreen(), clip.meanBlue()};
    double[] deviation = {clip.deviationRed(), clip.deviationGreen(), clip.deviationBlue()};
    return Preprocessing.of(
        fit,
        imageSize,
        channels(f, "image_mean", mean, false),
        channels(f, "image_std", deviation, true));
  }

  /** Resizing with a bicubic, division by 255, and normalising: nothing else is computed. */
  private static void requireUsualSteps(ConfigReader f) {
    for (String step : List.of("do_resize", "do_rescale", "do_normalize")) {
      f.require(f.flag(step, true), step + " must be true");
    }
    int resample = f.number("resample", BICUBIC, 0, 5);
    f.require(
        resample == BICUBIC, "resample is %d; only %d is served".formatted(resample, BICUBIC));
    double factor = f.positive("rescale_factor", RESCALE, 1);
    f.require(
        Math.abs(factor - RESCALE) < 1e-6, "rescale_factor is " + factor + "; expected 1 / 255");
  }

  /** A side, or {height, width}, or {shortest_edge}: all must be the encoder's side. */
  private static void checkSize(ConfigReader f, String key, int imageSize) {
    JsonNode value = f.raw(key);
    boolean same;
    if (value.isObject()) {
      Set<String> names = new TreeSet<>();
      value.fieldNames().forEachRemaining(names::add);
      same = SIZES.contains(names);
      for (JsonNode side : value) {
        same &= side.isIntegralNumber() && side.asLong() == imageSize;
      }
    } else {
      same = value.isIntegralNumber() && value.asLong() == imageSize;
    }
    if (!same) {
      f.problem(key, value + ", but the vision encoder takes " + imageSize + " pixels square");
    }
  }

  private static double[] channels(ConfigReader f, String key, double[] absent, boolean positive) {
    if (!f.isPresent(key)) {
      return absent.clone();
    }
    JsonNode value = f.raw(key);
    double[] result = new double[3];
    boolean sound = value.isArray() && value.size() == 3;
    for (int i = 0; i < 3 && sound; i++) {
      JsonNode number = value.get(i);
      result[i] = number.isNumber() ? number.asDouble() : Double.NaN;
      sound = Double.isFinite(result[i]) && (!positive || result[i] > 0);
    }
    if (!sound) {
      f.problem(key, value + "; expected three numbers" + (positive ? " above 0" : ""));
      return absent.clone();
    }
    return result;
  }
}
