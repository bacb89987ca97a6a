// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Standard input of a command.
 *
 * @param terminal whether a person types it: then it is read only where a command says so
 */
public record StandardInput(InputStream stream, boolean terminal) {
  /** As on most command lines, this names standard input where a file is expected. */
  public static final String NAME = "-";

  /** Set by the {@code owl} script, which can look at the input alone: "terminal" or "pipe". */
  private static final String PROPERTY = "owl.stdin";

  public static StandardInput ofProcess() {
    String said = System.getProperty(PROPERTY, "");
    boolean terminal =
        said.isEmpty()
            ? Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()
            : said.equals("terminal");
    return new StandardInput(System.in, terminal);
  }

  /**
   * Everything up to the end.
   *
   * @param what is expected, for the message
   * @param limit bytes that are read at most
   * @throws IllegalArgumentException with a sentence for people if there is more
   */
  byte[] read(String what, int limit) {
    try {
      byte[] bytes = stream.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IllegalArgumentException(
            "The %s on standard input has more than %,d bytes".formatted(what, limit));
      }
      return bytes;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * The same as text.
   *
   * @throws IllegalArgumentException with a sentence for people if it is too long or not UTF-8
   */
  public String readText(String what, int limit) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(read(what, limit)))
          .toString();
    } catch (CharacterCodingException notText) {
      throw new IllegalArgumentException(
          "The %s on standard input is not UTF-8".formatted(what), notText);
    }
  }
}
