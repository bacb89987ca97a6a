// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.LoraAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The adapters that requests may name. Whoever changes or uses one does so on the owner thread, one
 * after the other, so none is closed under a running answer; names may be asked for anywhere.
 */
final class Adapters {
  private static final Logger LOG = Logger.getLogger(Adapters.class);
  // A name is a folder's, so nothing that leads out of the parent may pass.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  private final LanguageModel model;
  private final Optional<Path> folder;
  private final Map<String, LoraAdapter> byName = new ConcurrentSkipListMap<>();
  private final LoraAdapter none;

  /** Loads all adapters of a folder; a broken one stops the service. */
  Adapters(LanguageModel model, Optional<Path> folder) {
    this.model = model;
    this.folder = folder;
    this.none = model.none();
    folder.ifPresent(this::loadAll);
  }

  private void loadAll(Path parent) {
    try (Stream<Path> children = Files.list(parent)) {
      children.filter(AdapterFile::isAdapterFolder).map(AdapterFile::open).forEach(this::put);
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of adapters, " + parent, e);
    }
  }

  /** Loads an adapter of the folder, in place of one of the same name. On the owner thread. */
  LoraAdapter load(String name) {
    Path path = path(name);
    if (!AdapterFile.isAdapterFolder(path)) {
      throw new OwlException(Fault.NOT_FOUND, "name", "no adapter '" + name + "' in the folder");
    }
    return put(AdapterFile.open(path));
  }

  private Path path(String name) {
    if (!NAME.matcher(name).matches()) {
      throw OwlException.badInput(
          "name", "an adapter's name is 1 to 64 letters, digits, '.', '_' or '-'");
    }
    Path parent =
        folder.orElseThrow(() ->
            new OwlException(
                Fault.NOT_FOUND, "name", "this service was started without owl.adapters"));
    return parent.resolve(name);
  }

  private LoraAdapter put(AdapterFile file) {
    if (file.alphaAssumed()) {
      LOG.warnf("Adapter %s states no alpha; taking %s", file.name(), file.alpha());
    }
    LoraAdapter adapter = model.adapt(file);
    LoraAdapter old = byName.put(file.name(), adapter);
    if (old != null) {
      old.close();
    }
    LOG.infof("Loaded adapter %s, rank %d", adapter.name(), adapter.rank());
    return adapter;
  }

  /** Removes an adapter. On the owner thread. */
  void unload(String name) {
    LoraAdapter old = byName.remove(name);
    if (old == null) {
      throw unknown(name);
    }
    old.close();
  }

  /**
   * The adapter of that name; one without effect for the empty name.
   *
   * @throws OwlException NOT_FOUND naming the known ones
   */
  LoraAdapter get(String name) {
    LoraAdapter adapter = name.isEmpty() ? none : byName.get(name);
    if (adapter == null) {
      throw unknown(name);
    }
    return adapter;
  }

  private OwlException unknown(String name) {
    String shown = name.length() > 64 ? name.substring(0, 64) + "..." : name;
    return new OwlException(
        Fault.NOT_FOUND, "adapter", "no adapter '" + shown + "'; known are " + byName.keySet());
  }

  /** Sorted by name. */
  List<LoraAdapter> list() {
    return List.copyOf(byName.values());
  }

  void close() {
    byName.values().forEach(LoraAdapter::close);
    none.close();
  }
}
