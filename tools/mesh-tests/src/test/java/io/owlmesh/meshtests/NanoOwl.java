// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** The owl that was trained here, as {@code ./owl up} serves it: it knows what it says. */
final class NanoOwl {
  static final Path PICTURE = Processes.ROOT.resolve("deploy/pictures/two-things.png");
  static final String QUESTION = "What colour is the square?";
  static final String ANSWER = "Blue.";

  private static final Path WEIGHTS = Processes.ROOT.resolve("deploy/models/owl-nano");

  private NanoOwl() {}

  /**
   * Starts its mesh.
   *
   * @param changed settings that differ from the defaults
   */
  static Processes start(Path folder, Map<String, String> changed) throws Exception {
    Map<String, String> settings = new TreeMap<>(changed);
    settings.put("OWL_ADAPTERS", WEIGHTS.resolve("adapters").toString());
    settings.put("OWL_DEFAULT_ADAPTER", "instruct");
    return Processes.mesh(folder, WEIGHTS, settings).start();
  }

  /** The picture as a URL. */
  static String pictureUrl() throws IOException {
    return dataUrl("image/png", Files.readAllBytes(PICTURE));
  }

  static String dataUrl(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
  }
}
