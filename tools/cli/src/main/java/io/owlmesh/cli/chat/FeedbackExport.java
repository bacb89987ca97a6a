// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.SessionClient;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Rating;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Rated dialogues as a data set in a folder. */
final class FeedbackExport {
  private final SessionClient mesh;
  private final Path folder;
  private final Set<String> images = new HashSet<>();

  FeedbackExport(SessionClient mesh, Path folder) {
    this.mesh = mesh;
    this.folder = folder;
  }

  /** Replaces what an earlier export wrote; images that are there already stay. */
  String write(Collection<SessionsCommand.Rated> ratings) throws AnswerFailed, IOException {
    ExportFeedbackRequest.Builder wanted = ExportFeedbackRequest.newBuilder();
    ratings.forEach(rating ->
        wanted.addRatings(Rating.valueOf("RATING_" + rating.name().toUpperCase(Locale.ROOT))));
    Files.createDirectories(folder.resolve("images"));
    Path file = folder.resolve("dialogues.jsonl");
    Path draft = folder.resolve("dialogues.jsonl.new");
    int count = 0;
    try (BufferedWriter lines = Files.newBufferedWriter(draft)) {
      SessionClient.Exported dialogues = mesh.export(wanted.build());
      while (dialogues.hasNext()) {
        ExportFeedbackResponse dialogue = dialogues.next();
        for (Image image : dialogue.getImagesList()) {
          keep(image);
        }
        lines.write(dialogue.getLine());
        lines.write('\n');
        count++;
      }
    }
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    return "%d dialogue(s) and %d image(s) in %s".formatted(count, images.size(), file);
  }

  private void keep(Image image) throws AnswerFailed, IOException {
    // The name comes from the mesh; a digest is all it may be.
    if (!image.getSha256().matches("[0-9a-f]{64}")) {
      throw new IOException("the mesh names an image '" + image.getSha256() + "'");
    }
    Path file = folder.resolve("images").resolve(image.getSha256());
    if (images.add(image.getSha256()) && !Files.exists(file)) {
      Path draft = folder.resolve("images").resolve(image.getSha256() + ".new");
      try (OutputStream out = Files.newOutputStream(draft)) {
        mesh.download(image.getSha256(), out);
      }
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
