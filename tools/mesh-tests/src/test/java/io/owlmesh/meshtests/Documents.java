// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the documents of the project show, as far as it can be checked. */
final class Documents {
  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w*)\n(.*?)^```\n", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern COMMAND =
      Pattern.compile("^\\$ (.+)\n((?:(?!\\$ ).+\n)*)", Pattern.MULTILINE);

  private Documents() {}

  /**
   * A program, and what it prints.
   *
   * @param language of the block: "sh", "java", "js"
   */
  record Snippet(String language, String code, String output) {}

  /**
   * A command as typed at a prompt.
   *
   * @param output lines up to an empty one or the next command
   */
  record TypedCommand(String line, String output) {}

  /** A document, by its path from the root of the project. */
  static String text(String document) throws IOException {
    return Files.readString(Processes.ROOT.resolve(document));
  }

  /** All programs of a document; each must be followed by what it prints. */
  static List<Snippet> snippets(String document) throws IOException {
    List<Snippet> snippets = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text(document));
    while (blocks.find()) {
      String language = blocks.group(1);
      String code = blocks.group(2);
      if (!language.isEmpty()) {
        assertThat(blocks.find()).as("a block after %s of %s", language, document).isTrue();
        assertThat(blocks.group(1)).as("what %s of %s prints", language, document).isEmpty();
        snippets.add(new Snippet(language, code, blocks.group(2)));
      }
    }
    return snippets;
  }

  /** All commands that a document shows at a prompt. */
  static List<TypedCommand> commands(String document) throws IOException {
    List<TypedCommand> commands = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text(document));
    while (blocks.find()) {
      Matcher typed = COMMAND.matcher(blocks.group(2));
      while (blocks.group(1).isEmpty() && typed.find()) {
        commands.add(new TypedCommand(typed.group(1), typed.group(2)));
      }
    }
    return commands;
  }

  /** A document without its blocks of code. */
  static String prose(Path document) throws IOException {
    return BLOCK.matcher(Files.readString(document)).replaceAll("");
  }

  /** Every document for people, from the root of the project. */
  static List<Path> all() throws IOException {
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> top = Files.list(Processes.ROOT)) {
      top.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
    }
    for (String folder : List.of("docs", "examples")) {
      try (Stream<Path> below = Files.walk(Processes.ROOT.resolve(folder))) {
        below
            .filter(file -> file.toString().endsWith(".md"))
            .filter(file -> !file.toString().contains("node_modules"))
            .forEach(documents::add);
      }
    }
    return documents;
  }
}
