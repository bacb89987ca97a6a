// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes the commands of a chat, and the paths that {@code /image} takes. */
final class CommandCompleter implements Completer {
  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    if (line.wordIndex() == 0 && line.word().startsWith("/")) {
      ChatCommands.names().forEach(name -> candidates.add(new Candidate(name)));
    } else if (line.wordIndex() > 0 && line.words().getFirst().equals("/image")) {
      complete(line.word().substring(0, line.wordCursor()), candidates);
    }
  }

  private static void complete(String typed, List<Candidate> candidates) {
    String parent = typed.substring(0, typed.lastIndexOf('/') + 1);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(parent))) {
      for (Path file : files) {
        boolean folder = Files.isDirectory(file);
        String name = String.valueOf(file.getFileName());
        candidates.add(
            new Candidate(
                parent + name + (folder ? "/" : ""), name, null, null, null, null, !folder));
      }
    } catch (IOException | InvalidPathException nothingToOffer) {
      // A path that does not exist has no completions.
    }
  }
}
