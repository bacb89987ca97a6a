// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.TorchGlobals.Tensor;
import io.owlmesh.model.weights.ZipDirectory.Member;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads what torch.save has written since PyTorch 1.6: a zip archive NAME/ with {@code data.pkl}
 * (the pickle), {@code data/KEY} (one storage each, uncompressed) and, in newer files, {@code
 * byteorder}. Only the directory and the pickle are read; storages are mapped later.
 */
final class TorchFile {
  private static final long MAX_PICKLE = 64L << 20;

  private final Path file;
  private final String where;
  private final ZipDirectory zip;
  private final FileChannel channel;
  private final String root;

  private TorchFile(Path file, FileChannel channel, ZipDirectory zip) {
    this.file = file;
    this.where = String.valueOf(file.getFileName());
    this.channel = channel;
    this.zip = zip;
    this.root = root(zip.members().keySet(), where);
  }

  /**
   * The readable tensors of a file; adds what is wrong with the others.
   *
   * @param most bytes of the pickle; never more than 64 MiB
   */
  static List<TensorEntry> read(Path file, int most, Problems problems) {
    String where = String.valueOf(file.getFileName());
    try (FileChannel channel = RegularFile.open(file, where)) {
      refuseLegacy(channel, where);
      return new TorchFile(file, channel, ZipDirectory.read(channel, where))
          .tensors(Math.min(most, MAX_PICKLE), problems);
    } catch (IOException e) {
      problems.add(where, "cannot be read: " + RegularFile.reason(e));
    } catch (OwlException e) {
      problems.add(e);
    }
    return List.of();
  }

  private static void refuseLegacy(FileChannel channel, String where) throws IOException {
    byte[] start = StrictJson.readFully(channel, 0, (int) Math.min(4, channel.size()));
    boolean zip = start.length == 4 && start[0] == 'P' && start[1] == 'K';
    if (!zip && start.length == 4 && (start[0] & 0xFF) == 0x80) {
      throw OwlException.badCheckpoint(
          where,
          "the torch format from before 1.6; convert it once, where you trust the file, with"
              + " torch.save(torch.load(file, map_location=\"cpu\"), file)");
    }
    if (!zip) {
      throw OwlException.badCheckpoint(where, "not a file of torch.save: no zip archive");
    }
  }

  private static String root(Collection<String> names, String where) {
    List<String> pickles =
        names.stream().filter(n -> n.equals("data.pkl") || n.endsWith("/data.pkl")).toList();
    if (pickles.size() != 1) {
      throw OwlException.badCheckpoint(where, "holds " + pickles.size() + " data.pkl; expected 1");
    }
    String pickle = pickles.getFirst();
    return pickle.substring(0, pickle.length() - "data.pkl".length());
  }

  private List<TensorEntry> tensors(long most, Problems problems) throws IOException {
    Member order = zip.members().get(root + "byteorder");
    if (order != null) {
      String name = new String(content(order, 16), StandardCharsets.US_ASCII).strip();
      if (!name.equals("little")) {
        throw OwlException.badCheckpoint(where, "byte order '" + name + "'; only little is read");
      }
    }
    Member pickle = member("data.pkl");
    Object value = Unpickler.load(content(pickle, most), where);
    // Some trainers put the weights beside what they need to go on.
    if (value instanceof Map<?, ?> outer && outer.get("model") instanceof Map<?, ?> inner) {
      value = inner;
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw OwlException.badCheckpoint(where, "not a dictionary of tensors");
    }
    Map<String, Object> named = new TreeMap<>();
    map.forEach((key, tensor) -> named.put(String.valueOf(key), tensor));
    List<TensorEntry> entries = new ArrayList<>();
    for (Map.Entry<String, Object> entry : named.entrySet()) {
      try {
        if (!(entry.getValue() instanceof Tensor tensor)) {
          throw OwlException.badCheckpoint(where + ", " + entry.getKey(), "not a tensor");
        }
        entries.add(entry(entry.getKey(), tensor));
      } catch (OwlException e) {
        problems.add(e);
      }
    }
    return entries;
  }

  private Member member(String name) {
    Member member = zip.members().get(root + name);
    if (member == null) {
      throw OwlException.badCheckpoint(where, "no member " + root + name);
    }
    return member;
  }

  private byte[] content(Member member, long limit) throws IOException {
    if (member.size() > limit) {
      throw OwlException.badCheckpoint(
          where, "%s takes %d bytes; %d at most".formatted(member.name(), member.size(), limit));
    }
    return StrictJson.readFully(channel, zip.dataOffset(member), (int) member.size());
  }

  private TensorEntry entry(String name, Tensor tensor) throws IOException {
    String blame = where + ", " + name;
    long width = tensor.storage().dtype().bytes();
    Member data = member("data/" + tensor.storage().key());
    if (tensor.storage().elements() > data.size() / width) {
      throw OwlException.badCheckpoint(
          blame,
          "truncated: a storage of %d elements in %d bytes"
              .formatted(tensor.storage().elements(), data.size()));
    }
    long bytes = SafetensorsFile.byteCount(blame, tensor.storage().dtype(), tensor.shape());
    checkInside(blame, tensor, bytes / width);
    long offset = zip.dataOffset(data) + tensor.offset() * width;
    List<Long> strides = isRowMajor(tensor) || bytes == 0 ? List.of() : tensor.strides();
    return new TensorEntry(
        name, tensor.storage().dtype(), tensor.shape(), file, offset, bytes, strides);
  }

  /** Every element must be in the storage, and none expanded: a few bytes could claim terabytes. */
  private static void checkInside(String blame, Tensor tensor, long elements) {
    long available = tensor.storage().elements();
    boolean inside = tensor.offset() <= available && elements <= available;
    long last = tensor.offset();
    for (int i = 0; i < tensor.shape().size() && inside && elements > 0; i++) {
      long steps = tensor.shape().get(i) - 1;
      long stride = tensor.strides().get(i);
      inside = steps == 0 || stride <= (available - 1 - last) / steps;
      last += inside ? steps * stride : 0;
    }
    if (!inside || (elements > 0 && last >= available)) {
      throw OwlException.badCheckpoint(
          blame,
          "shape %s, strides %s and offset %d leave a storage of %d elements"
              .formatted(tensor.shape(), tensor.strides(), tensor.offset(), available));
    }
  }

  private static boolean isRowMajor(Tensor tensor) {
    long expected = 1;
    for (int i = tensor.shape().size() - 1; i >= 0; i--) {
      long size = tensor.shape().get(i);
      if (size != 1 && tensor.strides().get(i) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }
}
