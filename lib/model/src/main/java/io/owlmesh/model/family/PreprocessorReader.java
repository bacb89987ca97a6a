// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.image.Preprocessing;
import java.util.List;

/** Reads preprocessor_config.json; what it leaves out is as in CLIP's image processor. */
public final class PreprocessorReader {
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
    Preprocessing clip = Preprocessing.clip(imageSize);
    double[] mean = {clip.meanRed(), clip.meanGreen(), clip.meanBlue()};
    double[] deviation = {clip.deviationRed(), clip.deviationGreen(), clip.deviationBlue()};
    return Preprocessing.of(
        fit,
        imageSize,
        channels(f, "image_mean", mean, false),
        channels(f, "image_std", deviation, true));
  }

  /** A side, or {height, width}, or {shortest_edge}: all must be the encoder's side. */
  private static void checkSize(ConfigReader f, String key, int imageSize) {
    JsonNode value = f.raw(key);
    boolean same;
    if (value.isObject()) {
      same = !value.isEmpty();
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
      result[i] = value.get(i).asDouble(Double.NaN);
      sound = Double.isFinite(result[i]) && (!positive || result[i] > 0);
    }
    if (!sound) {
      f.problem(key, value + "; expected three numbers" + (positive ? " above 0" : ""));
      return absent.clone();
    }
    return result;
  }
}
