// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Spark's own master and workers as processes of this machine, one core each. */
public final class SparkCluster implements AutoCloseable {
  /** Of the checkout. */
  public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "JAVA_HOME", System.getProperty("java.home"),
          "SPARK_LOCAL_IP", "127.0.0.1",
          "SPARK_SCALA_VERSION", "2.13");

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final String master;

  SparkCluster(Path folder, int workers) throws IOException {
    this.folder = folder;
    Path jars = Files.createDirectories(folder.resolve("spark/jars"));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (entry.endsWith(".jar")) {
        Files.createSymbolicLink(
            jars.resolve(Path.of(entry).getFileName()), Path.of(entry).toAbsolutePath());
      }
    }
    String port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = Integer.toString(free.getLocalPort());
    }
    master = "spark://127.0.0.1:" + port;
    String deploy = "org.apache.spark.deploy.";
    start(
        "master",
        deploy + "master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--webui-port",
        "0");
    for (int i = 0; i < workers; i++) {
      start(
          "worker-" + i,
          deploy + "worker.Worker",
          "--host",
          "127.0.0.1",
          "--webui-port",
          "0",
          "--cores",
          "1",
          "--memory",
          "1g",
          "--work-dir",
          folder.resolve("work-" + i).toString(),
          master);
    }
  }

  private void start(String name, String main, String... arguments) throws IOException {
    ProcessBuilder builder =
        java(
            folder.resolve(name + ".log"),
            List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"),
            main,
            arguments);
    builder.environment().put("SPARK_HOME", folder.resolve("spark").toString());
    processes.add(builder.start());
  }

  /** A driver of a job on two workers. */
  Process driver(Path log, String... arguments) throws IOException {
    Map<String, String> settings =
        Map.of(
            "spark.master", master,
            "spark.owlmesh.home", ROOT.toString(),
            "spark.owlmesh.workers", "2",
            "spark.executor.memory", "512m",
            "spark.executor.memoryOverhead", "512m",
            "spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1",
            "spark.executor.extraClassPath", Path.of("target/classes").toAbsolutePath().toString());
    return driver(log, SparkTraining.class, settings, arguments);
  }

  /** A driver as {@code ./owl} starts one. */
  public static Process driver(
      Path log, Class<?> main, Map<String, String> settings, String... arguments)
      throws IOException {
    List<String> options = new ArrayList<>(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    settings.forEach((name, value) -> options.add("-D" + name + "=" + value));
    return java(log, options, main.getName(), arguments).start();
  }

  private static ProcessBuilder java(
      Path log, List<String> options, String main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@target/classes/driver.args");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(ENVIRONMENT);
    return builder;
  }

  /** Processes below the cluster's whose command line has a text, in the order of their ids. */
  List<ProcessHandle> running(String text) {
    return processes.stream()
        .flatMap(Process::descendants)
        .filter(one -> one.info().commandLine().filter(line -> line.contains(text)).isPresent())
        .sorted()
        .toList();
  }

  @Override
  public void close() throws IOException {
    processes.stream().flatMap(Process::descendants).forEach(ProcessHandle::destroyForcibly);
    processes.forEach(Process::destroyForcibly);
    try {
      for (Process one : processes) {
        var unused = one.waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> links = Files.list(folder.resolve("spark/jars"))) {
      for (Path link : (Iterable<Path>) links::iterator) {
        Files.delete(link);
      }
    }
  }
}
