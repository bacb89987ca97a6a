// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import com.google.protobuf.ByteString;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checked request, complete with its images.
 *
 * @param pictures the image files, each once
 */
record Question(Prompt prompt, List<Picture> pictures, GenerationOptions options) {
  /**
   * @param images files in the order of their places in the prompt; equal ones become one picture
   */
  static Question of(Prompt prompt, List<ByteString> images, GenerationOptions options) {
    Map<ByteString, List<Integer>> places = new LinkedHashMap<>();
    for (int i = 0; i < images.size(); i++) {
      places.computeIfAbsent(images.get(i), _ -> new ArrayList<>()).add(i);
    }
    List<Picture> pictures =
        places.entrySet().stream().map(e -> new Picture(e.getKey(), e.getValue())).toList();
    return new Question(prompt, pictures, options);
  }

  /** Places of images in the prompt. */
  int imageCount() {
    return prompt.images();
  }
}
