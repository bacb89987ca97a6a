// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.adapters;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.runtime.language.CachedSequence;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The adapters that requests may name. One that is replaced or removed stays open until the last
 * answer that began with it has ended.
 */
public final class AdapterRegistry {
  private static final Logger LOG = Logger.getLogger(AdapterRegistry.class);
  // A name is a folder's, so nothing that leads out of the parent may pass.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  private static final int TRIED_POSITIONS = 4;
  // No adapter can have this name: it is no folder of one. Files move from it on one disk.
  private static final String UPLOADS = ".uploads";

  private final LanguageModel model;
  private final Optional<Path> folder;
  private final long room;
  private final Map<String, Lease> byName = new TreeMap<>();
  private final Lease none;
  // Of byName; who asks does not wait for one that is being loaded.
  private volatile List<LoraAdapter> listed = List.of();

  /**
   * Loads all adapters of a folder; a broken one stops the service.
   *
   * @param room bytes that all of them may take
   */
  public AdapterRegistry(LanguageModel model, Optional<Path> folder, long room) {
    this.model = model;
    this.folder = folder;
    this.room = room;
    this.none = new Lease(model.none());
    try {
      UploadFolder.sweep(UploadFolder.TEMPORARY);
      if (folder.isPresent()) {
        UploadFolder.sweep(folder.get().resolve(UPLOADS));
      }
    } catch (IOException e) {
      LOG.warn("What is left of uploads could not be deleted", e);
    }
    folder.ifPresent(this::loadAll);
  }

  /** An adapter in use: by this table while it has its name, and by each answer. */
  public static final class Lease {
    private final LoraAdapter adapter;
    private int users = 1;

    private Lease(LoraAdapter adapter) {
      this.adapter = adapter;
    }

    public LoraAdapter adapter() {
      return adapter;
    }

    private synchronized Lease more() {
      users++;
      return this;
    }

    /** One user less; the last one closes. */
    public synchronized void release() {
      users--;
      if (users == 0) {
        adapter.close();
      }
    }
  }

  private void loadAll(Path parent) {
    try (Stream<Path> children = Files.list(parent)) {
      children.filter(AdapterFile::isAdapterFolder).map(AdapterFile::open).forEach(this::put);
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of adapters, " + parent, e);
    }
  }

  /**
   * Reads an adapter of the folder, on any thread.
   *
   * @throws OwlException NOT_FOUND if there is none of that name, BAD_CHECKPOINT if it is broken
   */
  public AdapterFile read(String name) {
    requireName(name);
    Path parent =
        folder.orElseThrow(() ->
            new OwlException(
                Fault.NOT_FOUND, "name", "this service was started without owl.adapters"));
    Path path = parent.resolve(name);
    if (!AdapterFile.isAdapterFolder(path)) {
      throw new OwlException(
          ErrorCode.ADAPTER_NOT_FOUND, "name", "no adapter '" + name + "' in the folder");
    }
    return AdapterFile.open(path, name);
  }

  /** Refuses what is no name of an adapter. */
  static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw OwlException.badInput(
          "name", "an adapter's name is 1 to 64 letters, digits, '.', '_' or '-'");
    }
  }

  /** Where adapters are kept, if they are. */
  Optional<Path> folder() {
    return folder;
  }

  /**
   * Begins an upload.
   *
   * @param stays whether it will be kept in the folder
   */
  UploadFolder upload(boolean stays) throws IOException {
    return stays && folder.isPresent()
        ? UploadFolder.create(folder.get().resolve(UPLOADS))
        : UploadFolder.createTemporary();
  }

  /** Bytes that all adapters may take. */
  public long room() {
    return room;
  }

  /**
   * Loads an adapter in place of one of the same name, once a forward pass with it went well. On
   * the owner thread.
   *
   * @throws OwlException BAD_CHECKPOINT if it does not fit the model or its logits are not finite,
   *     SATURATED if there is no room; the old one stays
   */
  public synchronized LoraAdapter put(AdapterFile file) {
    requireRoom(file);
    if (file.alphaAssumed()) {
      LOG.warnf("Adapter %s states no alpha; taking %s", file.name(), file.alpha());
    }
    LoraAdapter adapter = model.adapt(file);
    try {
      tryOut(adapter);
    } catch (RuntimeException e) {
      adapter.close();
      throw e;
    }
    Lease old = byName.put(file.name(), new Lease(adapter));
    list(byName);
    if (old != null) {
      old.release();
    }
    LOG.infof("Loaded adapter %s, rank %d", adapter.name(), adapter.rank());
    return adapter;
  }

  /** Positions that every matrix takes part in: what is wrong shows up here, and not in answers. */
  private void tryOut(LoraAdapter adapter) {
    int vocabulary = model.config().language().vocabulary();
    try (CachedSequence sequence = model.begin(TRIED_POSITIONS, adapter)) {
      for (int i = 0; i < TRIED_POSITIONS; i++) {
        float[] logits = sequence.append(i * (vocabulary - 1) / (TRIED_POSITIONS - 1));
        for (int id = 0; id < logits.length; id++) {
          if (!Float.isFinite(logits[id]) && !model.bars(id)) {
            throw new OwlException(
                Fault.BAD_CHECKPOINT,
                "adapter",
                "with '%s', the logits hold %s".formatted(adapter.name(), logits[id]));
          }
        }
      }
    }
  }

  private void requireRoom(AdapterFile file) {
    long others =
        byName.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(file.name()))
            .mapToLong(entry -> entry.getValue().adapter().parameters() * Float.BYTES)
            .sum();
    long own = file.parameters() * Float.BYTES;
    if (others + own > room) {
      throw new OwlException(
          Fault.SATURATED,
          "adapter",
          "%s takes %d bytes beside %d of others, the limit is %d"
              .formatted(file.name(), own, others, room));
    }
  }

  /** Removes an adapter. On the owner thread. */
  public synchronized void unload(String name) {
    Lease old = byName.remove(name);
    if (old == null) {
      throw unknown(name);
    }
    list(byName);
    old.release();
  }

  /**
   * The adapter of that name, to be released; one without effect for the empty name.
   *
   * @throws OwlException NOT_FOUND naming the known ones
   */
  public synchronized Lease acquire(String name) {
    Lease lease = name.isEmpty() ? none : byName.get(name);
    if (lease == null) {
      throw unknown(name);
    }
    return lease.more();
  }

  private OwlException unknown(String name) {
    String shown = name.length() > 64 ? name.substring(0, 64) + "..." : name;
    return new OwlException(
        ErrorCode.ADAPTER_NOT_FOUND,
        "adapter",
        "no adapter '" + shown + "'; known are " + byName.keySet());
  }

  /** Sorted by name. */
  public List<LoraAdapter> list() {
    return listed;
  }

  private void list(Map<String, Lease> leases) {
    listed = leases.values().stream().map(Lease::adapter).toList();
  }

  public synchronized void close() {
    byName.values().forEach(Lease::release);
    none.release();
  }
}
