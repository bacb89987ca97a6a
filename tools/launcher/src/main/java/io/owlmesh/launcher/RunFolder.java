// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** The folder of a mesh: its record and a log a service. */
public record RunFolder(Path folder) {
  private static final int TAIL_BYTES = 16 * 1024;
  private static final String PLAN = "plan.json";
  private static final String SUPERVISOR = "supervisor.json";
  static final String SUPERVISOR_LOG = "supervisor";
  private static final String RETRY = "retry";
  private static final String SCALE = "scale.json";
  private static final String MODEL = "model.json";
  static final FileAttribute<?> OWNER_ALONE = mode("rw-------");
  static final FileAttribute<?> FOLDER_OF_OWNER = mode("rwx------");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static FileAttribute<?> mode(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  /** The mesh that was last started here and not taken down, whether its processes live or not. */
  public Optional<MeshRecord> recorded() throws IOException, MeshException {
    try {
      return Optional.of(MeshRecord.fromJson(Files.readString(record())));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** The mesh of which a process lives. */
  public Optional<MeshRecord> running() throws IOException, MeshException {
    return recorded().filter(mesh -> !mesh.alive().isEmpty());
  }

  /**
   * The same where there must be one.
   *
   * @throws MeshException with a sentence for people if there is none
   */
  public MeshRecord requireRunning() throws IOException, MeshException {
    return running()
        .orElseThrow(() -> new MeshException("No mesh is up. Start one with ./owl up."));
  }

  void write(MeshRecord mesh) throws IOException {
    write(record(), mesh.toJson());
  }

  void write(MeshPlan plan) throws IOException {
    write(folder.resolve(PLAN), PlanFile.toJson(plan, System.getenv()));
  }

  /**
   * How the mesh was started, to start services the same way.
   *
   * @throws MeshException if nobody knows, or this process lacks a variable that is needed
   */
  public MeshPlan plan() throws IOException, MeshException {
    PlanFile.requireSecrets(planText(), System.getenv());
    return planWithoutSecrets();
  }

  /**
   * The same to look at.
   *
   * @throws MeshException if nobody knows
   */
  public MeshPlan planWithoutSecrets() throws IOException, MeshException {
    return PlanFile.fromJson(planText());
  }

  private String planText() throws IOException, MeshException {
    try {
      return Files.readString(folder.resolve(PLAN));
    } catch (NoSuchFileException none) {
      throw new MeshException("How the mesh was started is not known; ./owl down stops it.");
    }
  }

  /** Asks the one that watches to give stages more replicas or fewer. */
  public void askScale(Replicas wanted) throws IOException {
    write(folder.resolve(SCALE), JSON.writeValueAsString(wanted.counts()));
  }

  /** Whether that was not heard yet. */
  public boolean scaleIsAsked() {
    return Files.exists(folder.resolve(SCALE));
  }

  Optional<Replicas> takeScale() throws IOException, MeshException {
    Path asked = folder.resolve(SCALE);
    try {
      String text = Files.readString(asked);
      Files.delete(asked);
      return Optional.of(new Replicas(JSON.readValue(text, new TypeReference<>() {})));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException damaged) {
      throw new MeshException(SCALE + " cannot be read: " + damaged.getMessage());
    }
  }

  /** Says who watches the mesh, and how its services fare. */
  public void write(SupervisorRecord supervisor) throws IOException {
    write(folder.resolve(SUPERVISOR), supervisor.toJson());
  }

  /** Asks the one that watches to start the stages of another model. */
  public void askModel(LocalModel model) throws IOException {
    write(folder.resolve(MODEL), JSON.writeValueAsString(new AskedModel(model)));
  }

  /** Asks the one that watches to end the stages of a model. */
  public void askModelAway(String model) throws IOException {
    write(folder.resolve(MODEL), JSON.writeValueAsString(new AskedModel(model, "", Map.of())));
  }

  /** Whether that was not heard yet. */
  public boolean modelIsAsked() {
    return Files.exists(folder.resolve(MODEL));
  }

  /**
   * A model to start or to end.
   *
   * @param checkpoint empty for one to end
   */
  record AskedModel(String name, String checkpoint, Map<String, String> settings) {
    AskedModel(LocalModel model) {
      this(model.name(), model.checkpoint().toString(), model.settings());
    }

    LocalModel model() {
      return new LocalModel(name, Path.of(checkpoint), settings);
    }
  }

  Optional<AskedModel> takeModel() throws IOException, MeshException {
    Path asked = folder.resolve(MODEL);
    try {
      String text = Files.readString(asked);
      Files.delete(asked);
      return Optional.of(JSON.readValue(text, AskedModel.class));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (JsonProcessingException damaged) {
      throw new MeshException(MODEL + " cannot be read: " + damaged.getMessage());
    }
  }

  /** This process as the one that watches. */
  static SupervisorRecord thisProcess(Map<String, SupervisorRecord.Restarts> services) {
    return supervisor(ProcessHandle.current(), services);
  }

  /** A process as the one that watches. */
  public static SupervisorRecord supervisor(
      ProcessHandle process, Map<String, SupervisorRecord.Restarts> services) {
    long started = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return new SupervisorRecord(process.pid(), started, services);
  }

  /** Who watches the mesh, or did when it was last heard of. */
  public Optional<SupervisorRecord> supervisor() throws IOException, MeshException {
    try {
      return Optional.of(SupervisorRecord.fromJson(Files.readString(folder.resolve(SUPERVISOR))));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** What it says of services that died or leave, by name. */
  public Map<String, SupervisorRecord.State> supervisorStates() throws IOException, MeshException {
    Map<String, SupervisorRecord.State> states = new TreeMap<>();
    supervisor()
        .ifPresent(one -> one.services().forEach((name, known) -> states.put(name, known.state())));
    return states;
  }

  /** The process that watches the mesh, if it lives. */
  public Optional<RunningService> watching() throws IOException, MeshException {
    return supervisor()
        .map(one ->
            new RunningService(
                "supervisor", one.pid(), one.started(), 0, OptionalInt.empty(), supervisorLog()))
        .filter(RunningService::alive);
  }

  /** What the one that watches has to say. */
  public Path supervisorLog() {
    return log(SUPERVISOR_LOG);
  }

  /** Asks the one that watches to start at once what is down, also what it has given up. */
  public void askRetry() throws IOException {
    Files.writeString(folder.resolve(RETRY), "");
  }

  /** Whether that was not heard yet. */
  public boolean retryIsAsked() {
    return Files.exists(folder.resolve(RETRY));
  }

  boolean takeRetry() throws IOException {
    return Files.deleteIfExists(folder.resolve(RETRY));
  }

  /** Readers see the old content or the new, never half of it; nobody else sees any. */
  static void write(Path file, String content) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(draft);
    Files.createFile(draft, OWNER_ALONE);
    Files.writeString(draft, content);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes the record of this mesh, but not of another that was started meanwhile. */
  public void forget(MeshRecord mesh) throws IOException, MeshException {
    if (recorded().filter(mesh::isSame).isPresent()) {
      for (String file : List.of("mesh.json", PLAN, SUPERVISOR, RETRY, SCALE, MODEL)) {
        Files.deleteIfExists(folder.resolve(file));
      }
      AddressFiles.delete(this);
      ModelFiles.delete(this);
    }
  }

  /** What a service writes. */
  public Path log(String service) {
    return folder.resolve(service + ".log");
  }

  /**
   * A log to append to, for its owner alone.
   *
   * @param again whether what an earlier process wrote stays
   */
  File openLog(String service, boolean again) throws IOException {
    Path log = log(service);
    if (!again) {
      Files.deleteIfExists(log);
    }
    try {
      Files.createFile(log, OWNER_ALONE);
    } catch (FileAlreadyExistsException goesOn) {
      // What it is for.
    }
    return log.toFile();
  }

  /** The last lines of a log, for a person who wants to know why a service ended. */
  static List<String> tail(Path log, int lines) throws IOException {
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
      long from = Math.max(0, channel.size() - TAIL_BYTES);
      ByteBuffer end = ByteBuffer.allocate((int) (channel.size() - from));
      while (end.hasRemaining() && channel.read(end, from + end.position()) >= 0) {}
      List<String> all =
          new String(end.array(), 0, end.position(), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (NoSuchFileException none) {
      return List.of();
    }
  }

  /** Keeps a second launcher from starting a mesh here at the same time. */
  Held hold() throws IOException, MeshException {
    return hold("lock", "Another launcher is starting a mesh in %s right now.");
  }

  /** Keeps a second process from starting the same services again. */
  Held holdSupervision() throws IOException, MeshException {
    return hold("supervisor.lock", "Another process watches the mesh in %s.");
  }

  private Held hold(String name, String taken) throws IOException, MeshException {
    Files.createDirectories(folder, FOLDER_OF_OWNER);
    FileChannel channel =
        FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel::close;
      }
    } catch (OverlappingFileLockException sameProcess) {
      // Refused below, like a lock of another process.
    }
    channel.close();
    throw new MeshException(taken.formatted(folder));
  }

  /** A lock to give back. */
  interface Held extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  private Path record() {
    return folder.resolve("mesh.json");
  }
}
