// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A folder with a file for each model, {@code NAME.model}: while the process serves, a file that
 * comes adds a model, and one that goes removes it. A change counts when two looks in a row see the
 * same. A file that is wrong is logged by its name, and changes nothing: a model that was there
 * stays, and so do all others.
 */
public final class ModelFolder implements AutoCloseable {
  /** Models of a folder, at most. */
  public static final int MAX_MODELS = 64;

  private static final Logger LOG = Logger.getLogger(ModelFolder.class);
  private static final String SUFFIX = ".model";
  private static final int MAX_FILES = 1_024;
  private static final int MAX_BYTES = 32 << 10;
  private static final Duration INTERVAL = Duration.ofMillis(200);

  private final Path folder;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("models").daemon(true).factory());
  // On the clock's thread alone.
  private final Map<String, String> troubles = new HashMap<>();
  private Map<String, ModelPlaces> taken = Map.of();
  private @Nullable Map<String, String> seen;
  private @Nullable Map<String, String> parsed;

  public ModelFolder(Path folder) {
    this.folder = folder;
  }

  /** Tells all models by name, once they are known and whenever they change, from one thread. */
  public void watch(Consumer<Map<String, ModelPlaces>> told) {
    clock.scheduleWithFixedDelay(() -> look(told), 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(Consumer<Map<String, ModelPlaces>> told) {
    try {
      Map<String, String> now = read();
      recovered("");
      boolean settled = seen == null || now.equals(seen);
      seen = now;
      if (settled && !now.equals(parsed)) {
        parsed = now;
        take(parse(now), told);
      }
    } catch (IOException | DirectoryIteratorException e) {
      trouble("", "the folder cannot be read, the models stay as they are: " + e);
    } catch (RuntimeException e) {
      LOG.error("Looking at the models failed", e); // An exception would end the schedule.
    }
  }

  private void take(Map<String, ModelPlaces> now, Consumer<Map<String, ModelPlaces>> told) {
    if (!now.equals(taken)) {
      taken = now;
      told.accept(now);
    }
  }

  /** What each file says, by the name of its model; of one that is too long, nothing. */
  private Map<String, String> read() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    int files = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : all) {
        if (++files > MAX_FILES) {
          throw new IOException("more than %d files in %s".formatted(MAX_FILES, folder));
        }
        String name = String.valueOf(file.getFileName());
        if (!name.startsWith(".")) {
          texts.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
        }
      }
    }
    return texts;
  }

  private static String read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      return bytes.length > MAX_BYTES ? "" : new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // It goes at this moment, or may not be read.
    }
  }

  private Map<String, ModelPlaces> parse(Map<String, String> texts) {
    Map<String, ModelPlaces> models = new TreeMap<>();
    // Those that serve keep their place when there are too many.
    texts.forEach((name, text) -> {
      if (taken.containsKey(name)) {
        add(name, text, models);
      }
    });
    texts.forEach((name, text) -> {
      if (!taken.containsKey(name)) {
        add(name, text, models);
      }
    });
    troubles.keySet().removeIf(name -> !name.isEmpty() && !texts.containsKey(name));
    return models;
  }

  private void add(String name, String text, Map<String, ModelPlaces> models) {
    if (models.size() >= MAX_MODELS) {
      trouble(name, "is left out: there are %d models, at most".formatted(MAX_MODELS));
      return;
    }
    try {
      models.put(name, parse(name, text));
      recovered(name);
    } catch (OwlException e) {
      keep(name, e.sentence(), models);
    } catch (RuntimeException e) { // An address that nothing can be found by.
      keep(name, String.valueOf(e.getMessage()), models);
    }
  }

  private void keep(String name, String why, Map<String, ModelPlaces> models) {
    ModelPlaces before = taken.get(name);
    if (before != null) {
      models.put(name, before);
    }
    trouble(name, why + (before == null ? "" : "; the model stays as it was"));
  }

  private ModelPlaces parse(String name, String text) {
    if (text.isEmpty()) {
      throw OwlException.badInput(
          name + SUFFIX, "is empty, longer than %d bytes, or may not be read".formatted(MAX_BYTES));
    }
    ModelPlaces places = ModelPlaces.parse(name + SUFFIX, name, text);
    ReplicaAddressSource.check(places);
    return places;
  }

  private void trouble(String name, String why) {
    if (!why.equals(troubles.put(name, why))) {
      LOG.warnf("%s: %s", where(name), why);
    }
  }

  private void recovered(String name) {
    if (troubles.remove(name) != null) {
      LOG.infof("%s: readable again", where(name));
    }
  }

  private String where(String name) {
    return name.isEmpty() ? folder.toString() : folder.resolve(name + SUFFIX).toString();
  }

  /**
   * Writes the file of a model, in one move.
   *
   * @throws OwlException BAD_INPUT naming what is wrong; CONFLICT if there is a file; UNAVAILABLE
   *     if it cannot be written
   */
  public synchronized void add(ModelPlaces places) {
    // What a reader would refuse is not written.
    ModelPlaces read = ModelPlaces.parse("model", places.name(), places.text());
    if (!read.equals(places)) {
      throw OwlException.badInput("model", "has line ends or # in its settings");
    }
    ReplicaAddressSource.check(places);
    Path file = folder.resolve(places.name() + SUFFIX);
    if (Files.exists(file)) {
      throw new OwlException(Fault.CONFLICT, "name", "'" + places.name() + "' is there already");
    }
    Path draft = folder.resolve("." + places.name() + SUFFIX);
    try {
      Files.writeString(draft, places.text());
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the folder of models cannot be written to", e);
    }
  }

  /**
   * Deletes the file of a model.
   *
   * @throws OwlException NOT_FOUND if there is none; UNAVAILABLE if it cannot be deleted
   */
  public void remove(String name) {
    ModelPlaces.requireName("name", name);
    try {
      if (!Files.deleteIfExists(folder.resolve(name + SUFFIX))) {
        throw new OwlException(
            Fault.NOT_FOUND, "name", "'%s' is no model of the folder".formatted(name));
      }
    } catch (IOException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the folder of models cannot be written to", e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
