// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads safetensors: eight bytes of header length (little-endian), a JSON header {@code {"name":
 * {"dtype", "shape", "data_offsets": [begin, end]}}} and the data, which the offsets must cover
 * without overlap or hole. The format is that of github.com/huggingface/safetensors.
 */
public final class SafetensorsFile {
  private static final int MAX_HEADER = 100_000_000;
  private static final int MAX_RANK = 8;

  private SafetensorsFile() {}

  /**
   * The tensors of a file under the names it gives them; reads the header alone.
   *
   * @throws OwlException BAD_CHECKPOINT listing every problem of the file
   */
  public static SortedMap<String, TensorEntry> entries(Path file) {
    Problems problems = new Problems();
    SortedMap<String, TensorEntry> result = new TreeMap<>();
    read(file, MAX_HEADER, problems).forEach(entry -> result.put(entry.name(), entry));
    problems.throwIfAny(file.toString());
    return result;
  }

  /** Copies every tensor of a small file into memory; throws as {@link #entries} does. */
  public static SortedMap<String, HostTensor> load(Path file) {
    SortedMap<String, HostTensor> result = new TreeMap<>();
    for (TensorEntry entry : entries(file).values()) {
      try (MappedTensor tensor = MappedTensor.of(entry)) {
        result.put(entry.name(), tensor.copy());
      }
    }
    return result;
  }

  /**
   * The readable tensors of a file; adds what is wrong with the others.
   *
   * @param most bytes of the header
   */
  static List<TensorEntry> read(Path file, int most, Problems problems) {
    String where = String.valueOf(file.getFileName());
    try (FileChannel channel = RegularFile.open(file, where)) {
      long size = channel.size();
      long header = headerLength(channel, size, most, where);
      JsonNode root = StrictJson.parse(StrictJson.readFully(channel, 8, (int) header));
      if (!root.isObject()) {
        throw OwlException.badCheckpoint(where, "the header is not a JSON object");
      }
      return tensors(file, root, 8 + header, size, problems);
    } catch (JsonProcessingException e) {
      problems.add(where, "the header is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      problems.add(where, "cannot be read: " + RegularFile.reason(e));
    } catch (OwlException e) {
      problems.add(e);
    }
    return List.of();
  }

  private static long headerLength(FileChannel channel, long size, int most, String where)
      throws IOException {
    if (size < 8) {
      throw OwlException.badCheckpoint(where, "truncated: " + size + " bytes hold no header");
    }
    long header =
        ByteBuffer.wrap(StrictJson.readFully(channel, 0, 8))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    if (header < 0 || header > most) {
      throw OwlException.badCheckpoint(
          where, "a header of %s bytes; %d at most".formatted(Long.toUnsignedString(header), most));
    }
    if (header > size - 8) {
      throw OwlException.badCheckpoint(
          where, "truncated: a header of %d bytes in a file of %d".formatted(header, size));
    }
    return header;
  }

  private static List<TensorEntry> tensors(
      Path file, JsonNode root, long start, long size, Problems problems) {
    String where = String.valueOf(file.getFileName());
    List<TensorEntry> entries = new ArrayList<>();
    int before = problems.size();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals("__metadata__")) {
        continue;
      }
      try {
        entries.add(entry(file, field.getKey(), field.getValue(), start, size));
      } catch (OwlException e) {
        problems.add(e);
      }
    }
    checkLayout(where, entries, start, size, problems.size() == before, problems);
    return entries;
  }

  private static TensorEntry entry(Path file, String name, JsonNode node, long start, long size) {
    String where = file.getFileName() + ", " + name;
    String dtypeName = node.path("dtype").asText();
    DType dtype =
        dtype(dtypeName)
            .orElseThrow(
                () -> OwlException.badCheckpoint(where, "unsupported dtype '" + dtypeName + "'"));
    List<Long> shape = longs(where, "shape", node.path("shape"));
    List<Long> offsets = longs(where, "data_offsets", node.path("data_offsets"));
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw OwlException.badCheckpoint(where, "data_offsets " + offsets + " are not [begin, end]");
    }
    long bytes = byteCount(where, dtype, shape);
    long begin = offsets.get(0);
    if (offsets.get(1) - begin != bytes) {
      throw OwlException.badCheckpoint(
          where,
          "data_offsets %s, but %s %s takes %d bytes".formatted(offsets, dtype, shape, bytes));
    }
    if (offsets.get(1) > size - start) {
      throw OwlException.badCheckpoint(
          where,
          "truncated or out of range: ends at data byte %d of %d"
              .formatted(offsets.get(1), size - start));
    }
    return new TensorEntry(name, dtype, shape, file, start + begin, bytes, List.of());
  }

  private static Optional<DType> dtype(String name) {
    for (DType dtype : DType.values()) {
      if (dtype.safetensorsName().equals(name)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  private static List<Long> longs(String where, String key, JsonNode node) {
    List<Long> result = new ArrayList<>();
    for (JsonNode item : node) {
      if (!item.isIntegralNumber() || !item.canConvertToLong() || item.asLong() < 0) {
        throw OwlException.badCheckpoint(where, key + " holds " + item);
      }
      result.add(item.asLong());
    }
    if (!node.isArray() || result.size() > MAX_RANK) {
      throw OwlException.badCheckpoint(
          where, key + " is not a list of " + MAX_RANK + " numbers at most");
    }
    return List.copyOf(result);
  }

  /** Bytes of a dense tensor, as {@link HostTensor#byteCount} but blaming the checkpoint. */
  static long byteCount(String where, DType dtype, List<Long> shape) {
    try {
      return HostTensor.byteCount(dtype, shape.stream().mapToLong(Long::longValue).toArray());
    } catch (OwlException e) {
      throw OwlException.badCheckpoint(where, "impossible shape " + shape);
    }
  }

  /** Overlaps always; holes only when every tensor was understood, else they follow from that. */
  private static void checkLayout(
      String where,
      List<TensorEntry> entries,
      long start,
      long size,
      boolean complete,
      Problems problems) {
    List<TensorEntry> ordered = new ArrayList<>(entries);
    ordered.sort(
        Comparator.comparingLong(TensorEntry::offset).thenComparingLong(TensorEntry::bytes));
    long end = start;
    String previous = "the header";
    for (TensorEntry entry : ordered) {
      if (entry.offset() < end) {
        problems.add(where, entry.name() + " overlaps " + previous);
      } else if (entry.offset() > end && complete) {
        problems.add(
            where, "%d unused bytes before %s".formatted(entry.offset() - end, entry.name()));
      }
      end = Math.max(end, entry.offset() + entry.bytes());
      previous = entry.name();
    }
    if (end < size && complete) {
      problems.add(where, "%d unused bytes after the last tensor".formatted(size - end));
    }
  }
}
