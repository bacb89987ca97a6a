// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.SampleSources;
import io.owlmesh.trainer.data.TarShards;
import io.owlmesh.trainer.data.TrainingSample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the questions of a batch come from: a file of JSON lines, standard input with such lines, a
 * folder of images of which all are asked the same, or shards of a WebDataset.
 *
 * @param source a path, or a pattern over the names of shards such as {@code photos-*.tar}
 * @param question of rows that have none of their own
 * @param questionColumn name of the question in a line
 * @param imageColumn name of the image in a line: a path, or a list of paths, relative to the file
 * @param in standard input
 */
record BatchInput(
    Path source,
    Optional<String> question,
    String questionColumn,
    String imageColumn,
    InputStream in) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Set<String> IMAGES = Set.of("jpg", "jpeg", "png", "gif", "bmp", "webp");
  private static final byte[] NO_FIELDS = {'{', '}'};
  private static final int MAX_LINE = 1 << 20;
  private static final int MAX_IMAGES = 64;

  /** The rows in order; to be closed. Lines are read as they are wanted. */
  Stream<BatchRow> rows() throws IOException {
    if (Files.isDirectory(source)) {
      String asked =
          question.orElseThrow(
              () -> OwlException.badInput("--question", "is missing: a folder has no questions"));
      List<Path> files;
      try (Stream<Path> all = Files.walk(source)) {
        files = all.filter(BatchInput::isImage).sorted().toList();
      }
      return IntStream.range(0, files.size())
          .mapToObj(i -> new BatchRow(i + 1L, List.of(new FileImage(files.get(i))), asked));
    }
    if (isShards()) {
      TarShards shards = openShards();
      return IntStream.range(0, shards.size()).mapToObj(i -> row(shards, i)).onClose(shards::close);
    }
    long[] number = new long[1];
    BufferedReader lines =
        isStandardInput(source)
            ? new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
            : Files.newBufferedReader(source);
    return lines
        .lines()
        .onClose(() -> close(lines))
        .filter(line -> !line.isBlank())
        .map(line -> row(++number[0], line));
  }

  /** Whether it is a WebDataset. */
  private boolean isShards() {
    return source.toString().toLowerCase(Locale.ROOT).endsWith(".tar");
  }

  private TarShards openShards() throws IOException {
    return TarShards.open(SampleSources.files(source.toString()));
  }

  /** A sample, whose images are those of the shard; without fields it has no question. */
  private BatchRow row(TarShards shards, int index) {
    String where = "%s:%s".formatted(source, shards.key(index));
    try {
      byte[] fields = shards.fields(index).orElse(NO_FIELDS);
      return new BatchRow(index + 1L, shards.images(index), question(where, parse(where, fields)));
    } catch (BadSample e) {
      throw OwlException.badInput(where, String.valueOf(e.getMessage()));
    }
  }

  private static void close(BufferedReader lines) {
    try {
      lines.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a path stands for standard input or output. */
  static boolean isStandardInput(Path path) {
    return path.toString().equals(StandardInput.NAME);
  }

  /** How many rows there are; 0 if nobody knows before they have come. */
  long count() throws IOException {
    if (isStandardInput(source)) {
      return 0;
    }
    if (Files.isDirectory(source)) {
      try (Stream<Path> all = Files.walk(source)) {
        return all.filter(BatchInput::isImage).count();
      }
    }
    if (isShards()) {
      try (TarShards shards = openShards()) {
        return shards.size();
      }
    }
    try (Stream<String> lines = Files.lines(source)) {
      return lines.filter(line -> !line.isBlank()).count();
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && IMAGES.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  private BatchRow row(long number, String line) {
    String where = "%s:%d".formatted(source, number);
    if (line.length() > MAX_LINE) {
      throw OwlException.badInput(
          where, "%d characters, at most %d are read".formatted(line.length(), MAX_LINE));
    }
    JsonNode row = parse(where, line.getBytes(StandardCharsets.UTF_8));
    return new BatchRow(number, images(where, row), question(where, row));
  }

  private static JsonNode parse(String where, byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw OwlException.badInput(where, "is no JSON");
    }
  }

  private String question(String where, JsonNode row) {
    JsonNode own = row.path(questionColumn);
    if (own.isTextual()) {
      return own.asText();
    }
    return question.orElseThrow(() ->
        OwlException.badInput(
            where,
            "no text named '%s', and no --question; there are %s"
                .formatted(questionColumn, names(row))));
  }

  private List<TrainingSample.Image> images(String where, JsonNode row) {
    JsonNode value = row.path(imageColumn);
    List<TrainingSample.Image> images = new ArrayList<>();
    if (value.isTextual()) {
      images.add(image(value.asText()));
    } else if (value.isArray() && value.size() <= MAX_IMAGES) {
      value.forEach(one -> images.add(image(one.asText())));
    } else if (!value.isMissingNode() && !value.isNull()) {
      throw OwlException.badInput(
          where,
          "'%s' is neither a path nor a list of at most %d".formatted(imageColumn, MAX_IMAGES));
    }
    return images;
  }

  private FileImage image(String path) {
    Path folder = source.toAbsolutePath().getParent();
    return new FileImage(folder == null ? Path.of(path) : folder.resolve(path));
  }

  private static List<String> names(JsonNode row) {
    List<String> names = new ArrayList<>();
    row.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
