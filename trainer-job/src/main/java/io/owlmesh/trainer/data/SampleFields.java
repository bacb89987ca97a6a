// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON object of a sample.
 *
 * @param images paths, in order
 * @param labels all other fields that are text
 */
record SampleFields(String text, List<String> images, Map<String, String> labels) {
  private static final ObjectReader JSON = new ObjectMapper().reader();
  private static final int MAX_IMAGES = 64;

  static SampleFields parse(byte[] json) throws BadSample {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (IOException _) {
      throw new BadSample(Reason.BAD_LINE, "is no JSON");
    }
    if (root == null || !root.isObject()) {
      throw new BadSample(Reason.BAD_LINE, "is no JSON object");
    }
    Map<String, String> labels = new HashMap<>();
    root.properties()
        .forEach(field -> {
          if (field.getValue().isTextual() && !field.getKey().equals("text")) {
            labels.put(field.getKey(), field.getValue().asText());
          }
        });
    labels.remove("image");
    JsonNode text = root.path("text");
    if (!text.isTextual() || text.asText().isBlank()) {
      throw new BadSample(Reason.NO_TEXT, "has no text");
    }
    return new SampleFields(text.asText(), images(root.path("image")), labels);
  }

  private static List<String> images(JsonNode image) throws BadSample {
    if (image.isMissingNode() || image.isNull()) {
      return List.of();
    }
    if (image.isTextual()) {
      return List.of(image.asText());
    }
    if (!image.isArray() || image.size() > MAX_IMAGES) {
      throw new BadSample(Reason.BAD_LINE, "image is no path and no list of at most " + MAX_IMAGES);
    }
    List<String> images = new ArrayList<>();
    for (JsonNode one : image) {
      if (!one.isTextual()) {
        throw new BadSample(Reason.BAD_LINE, "image holds something that is no path");
      }
      images.add(one.asText());
    }
    return images;
  }
}
