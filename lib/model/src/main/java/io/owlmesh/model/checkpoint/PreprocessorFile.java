// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.json.JsonFields;
import java.util.List;

/** Reads preprocessor_config.json; what it leaves out is as in CLIP's image processor. */
public final class PreprocessorFile {
  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  private PreprocessorFile() {}

  /**
   * The preprocessing.
   *
   * @param imageSize side that the vision encoder takes, pixels; another one is a problem
   */
  static OwlConfig.Preprocessing read(JsonFields f, int imageSize) {
    for (String key : List.of("resolution", "crop_size", "size")) {
      if (f.isPresent(key)) {
        checkSize(f, key, imageSize);
      }
    }
    return of(
        imageSize,
        channels(f, "image_mean", MEAN, false),
        channels(f, "image_std", DEVIATION, true));
  }

  /**
   * CLIP's preprocessing.
   *
   * @param imageSize side that the vision encoder takes, pixels
   */
  public static OwlConfig.Preprocessing clip(int imageSize) {
    return of(imageSize, MEAN, DEVIATION);
  }

  private static OwlConfig.Preprocessing of(int imageSize, double[] mean, double[] deviation) {
    return new OwlConfig.Preprocessing(
        imageSize,
        (float) mean[0],
        (float) mean[1],
        (float) mean[2],
        (float) deviation[0],
        (float) deviation[1],
        (float) deviation[2]);
  }

  /** A side, or {height, width}, or {shortest_edge}: all must be the encoder's side. */
  private static void checkSize(JsonFields f, String key, int imageSize) {
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

  private static double[] channels(JsonFields f, String key, double[] absent, boolean positive) {
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
