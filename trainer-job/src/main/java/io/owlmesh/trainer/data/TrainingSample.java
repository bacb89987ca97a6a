// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * One dialogue with its images, as a data file holds it.
 *
 * @param key its place, for messages: file and line, or shard and name
 * @param text the whole dialogue in template form, {@code <image>} where an image goes
 * @param images in the order of the placeholders
 * @param labels further fields of the line that are plain text, such as {@code task_type}, {@code
 *     skill} and {@code language}
 */
public record TrainingSample(
    String key, String text, List<Image> images, Map<String, String> labels) {
  public TrainingSample {
    images = List.copyOf(images);
    labels = Map.copyOf(labels);
  }

  /** An image that is read when it is needed. */
  public interface Image {
    /** Its file name, for messages. */
    String name();

    /**
     * The whole file.
     *
     * @throws IOException if it is missing or cannot be read
     */
    byte[] read() throws IOException;
  }
}
