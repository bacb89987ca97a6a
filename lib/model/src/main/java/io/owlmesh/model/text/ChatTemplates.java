// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The chat templates that are on the class path, for those who know but the name of one. */
public final class ChatTemplates {
  private static final List<ChatTemplate> ALL =
      ServiceLoader.load(ChatTemplate.class, ChatTemplates.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private ChatTemplates() {}

  /** The template of that name. */
  public static Optional<ChatTemplate> named(String name) {
    return ALL.stream().filter(template -> template.name().equals(name)).findFirst();
  }

  /** All names, sorted. */
  public static List<String> names() {
    return ALL.stream().map(ChatTemplate::name).sorted().toList();
  }
}
