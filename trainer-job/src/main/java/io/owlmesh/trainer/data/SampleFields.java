// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
  // Of a key that comes twice, and of a second object, one would be lost without a word.
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();
  private static final int MAX_IMAGES = 64;

  static SampleFields parse(byte[] json) throws BadSample {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new BadSample(
          Reason.BAD_LINE, "is no JSON object, or not the only one: " + e.getOriginalMessage());
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
