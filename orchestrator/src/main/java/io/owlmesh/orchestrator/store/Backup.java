// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.core.identity.Tenant;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jdbi.v3.core.Handle;

/**
 * All that is kept, of all tenants, as one zip archive: {@code tables/NAME.jsonl} with a line a
 * row, as they were at one moment, then {@code images/NAME}, by {@link ImageKey#file}, and at the
 * end {@code counts.json}, without which an archive is not whole. It does not depend on which
 * database and which image store it comes from. What was counted and noted of callers is not in it.
 */
public final class Backup {
  private static final String TABLES = "tables/";
  private static final String LINES = ".jsonl";
  private static final String IMAGES = "images/";
  private static final String IMAGE_TABLE = "image";
  private static final String COUNTS = "counts.json";
  private static final int MAX_LINE = 16 << 20;
  private static final int MAX_IMAGE = 32 << 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Database database;
  private final ImageStore images;

  Backup(Database database, ImageStore images) {
    this.database = database;
    this.images = images;
  }

  /** Rows by table, and under {@code images} how many files. */
  public record Counts(Map<String, Long> rows) {
    public Counts {
      rows = Map.copyOf(rows);
    }

    /** Rows of a table; files for {@code images}. */
    public long of(String name) {
      return rows.getOrDefault(name, 0L);
    }
  }

  /**
   * Writes the archive, while others read and write.
   *
   * @throws OwlException UNAVAILABLE if the database or the images fail
   * @throws IOException if the archive cannot be written
   */
  public Counts write(OutputStream archive) throws IOException {
    Map<String, Long> counts = new TreeMap<>();
    ZipOutputStream zip = new ZipOutputStream(archive, StandardCharsets.UTF_8);
    List<ImageKey> stored = new ArrayList<>();
    try {
      database.snapshot(row -> {
        for (TableCopy table : TableCopy.all(row)) {
          begin(zip, TABLES + table.name() + LINES);
          Consumer<ImageKey> files = table.name().equals(IMAGE_TABLE) ? stored::add : _ -> {};
          counts.put(table.name(), table.read(row, line -> write(zip, line, files)));
        }
        return null;
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    long files = 0;
    for (ImageKey image : stored) {
      // One may be gone since, with the session that showed it.
      Optional<ByteString> file = images.get(image.file());
      if (file.isPresent()) {
        begin(zip, IMAGES + image.file());
        file.get().writeTo(zip);
        files++;
      }
    }
    counts.put("images", files);
    begin(zip, COUNTS);
    zip.write(JSON.writeValueAsBytes(counts));
    zip.finish();
    return new Counts(counts);
  }

  private static void begin(ZipOutputStream zip, String name) {
    try {
      zip.putNextEntry(new ZipEntry(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(ZipOutputStream zip, ObjectNode line, Consumer<ImageKey> stored) {
    if (line.path("stored").asBoolean()) {
      stored.accept(imageOf(line));
    }
    try {
      zip.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ImageKey imageOf(JsonNode row) {
    return new ImageKey(new Tenant(row.path("tenant").asText()), row.path("sha256").asText());
  }

  /**
   * Takes an archive over into a database that has nothing yet: all of it, or nothing of its rows.
   *
   * @throws OwlException CONFLICT if there are sessions, images or files already; BAD_INPUT, field
   *     {@code archive}, if it is not whole or not one of ours; UNAVAILABLE if the database fails
   * @throws IOException if the archive cannot be read
   */
  public Counts restore(InputStream archive) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(archive, StandardCharsets.UTF_8)) {
      return database.snapshot(row -> {
        if (database.isShared()) {
          row.execute("LOCK TABLE session, message, image, stored_file IN EXCLUSIVE MODE");
        }
        requireEmpty(row);
        List<TableCopy> tables = TableCopy.all(row);
        tables.reversed().forEach(table -> row.execute("DELETE FROM " + table.name()));
        try {
          return restore(row, zip, tables);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      switch (Objects.requireNonNull(e.getCause())) {
        case ZipException damaged -> throw wrong("a part that is damaged: " + damaged.getMessage());
        case EOFException _ -> throw wrong("no end: it was cut off");
        case JsonProcessingException _ -> throw wrong("counts that are no JSON");
        case IOException other -> throw other;
      }
    }
  }

  private static void requireEmpty(Handle row) {
    for (String table : List.of("session", "image", "stored_file")) {
      long rows = row.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one();
      if (rows > 0) {
        throw new OwlException(
            Fault.CONFLICT,
            "",
            "the database is in use: table %s has %d rows".formatted(table, rows));
      }
    }
  }

  private Counts restore(Handle row, ZipInputStream zip, List<TableCopy> tables)
      throws IOException {
    Map<String, Long> counts = new TreeMap<>();
    Map<String, ImageKey> contents = new HashMap<>();
    Set<String> found = new HashSet<>();
    counts.put("images", 0L);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      String name = entry.getName();
      if (name.equals(COUNTS)) {
        requireWhole(JSON.readTree(zip.readNBytes(MAX_LINE)), counts);
        TableCopy.restartNumbers(row);
        missing(row, contents.values(), found);
        return new Counts(counts);
      }
      if (name.startsWith(IMAGES)) {
        String file = name.substring(IMAGES.length());
        ImageKey key = contents.get(file);
        image(file, key == null ? "" : key.sha256(), zip);
        found.add(file);
        counts.merge("images", 1L, Long::sum);
      } else if (name.startsWith(TABLES) && name.endsWith(LINES)) {
        String table = name.substring(TABLES.length(), name.length() - LINES.length());
        TableCopy copy =
            tables.stream()
                .filter(one -> one.name().equals(table))
                .findFirst()
                .orElseThrow(() -> wrong("a table '%s' that there is not".formatted(table)));
        counts.put(
            table,
            rows(
                row,
                copy,
                zip,
                line -> {
                  if (table.equals(IMAGE_TABLE)) {
                    ImageKey image = imageOf(line);
                    contents.put(image.file(), image);
                  }
                }));
      } else {
        throw wrong("an entry '%s'".formatted(name));
      }
    }
    throw wrong("no end: it was cut off");
  }

  /** Images whose files were deleted while the archive was written are not there. */
  private static void missing(Handle row, Collection<ImageKey> images, Set<String> found) {
    for (ImageKey image : images) {
      if (!found.contains(image.file())) {
        row.createUpdate(
                "UPDATE image SET stored = FALSE WHERE tenant = :tenant AND sha256 = :sha256")
            .bind("tenant", image.tenant().name())
            .bind("sha256", image.sha256())
            .execute();
      }
    }
  }

  private static void requireWhole(JsonNode told, Map<String, Long> found) {
    told.properties()
        .forEach(one -> {
          long here = found.getOrDefault(one.getKey(), 0L);
          if (one.getValue().asLong() != here) {
            throw wrong(
                "%d of %s, where %d were written"
                    .formatted(here, one.getKey(), one.getValue().asLong()));
          }
        });
  }

  private static OwlException wrong(String what) {
    return OwlException.badInput("archive", "has " + what);
  }

  private void image(String name, String sha256, InputStream file) throws IOException {
    byte[] bytes = file.readNBytes(MAX_IMAGE + 1);
    ByteString whole = ByteString.copyFrom(bytes);
    if (bytes.length > MAX_IMAGE
        || !Sha256.hex(List.of(whole.asReadOnlyByteBuffer())).equals(sha256)) {
      throw wrong("an image '%s' that is not what its row tells".formatted(name));
    }
    images.put(name, whole);
  }

  private static long rows(Handle row, TableCopy table, InputStream entry, Consumer<JsonNode> taken)
      throws IOException {
    // Not closed: the archive goes on behind it.
    BufferedReader lines = new BufferedReader(new InputStreamReader(entry, StandardCharsets.UTF_8));
    long count = 0;
    for (String line = line(lines); line != null; line = line(lines)) {
      JsonNode values;
      try {
        values = JSON.readTree(line);
      } catch (JsonProcessingException e) {
        throw wrong("a row %d of table %s that is no JSON".formatted(count + 1, table.name()));
      }
      table.write(row, values);
      taken.accept(values);
      count++;
    }
    return count;
  }

  private static @org.jspecify.annotations.Nullable String line(BufferedReader lines)
      throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = lines.read(); next >= 0; next = lines.read()) {
      if (next == '\n') {
        return line.toString();
      }
      if (line.length() == MAX_LINE) {
        throw wrong("a row of more than %d characters".formatted(MAX_LINE));
      }
      line.append((char) next);
    }
    return line.isEmpty() ? null : line.toString();
  }
}
