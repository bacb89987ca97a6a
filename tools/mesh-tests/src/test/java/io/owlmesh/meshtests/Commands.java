// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs that are not ours, and says what to install where they are not there. */
final class Commands {
  static final Path SCRIPTS = Path.of("src/test/js");
  private static final Path MODULES = Path.of("target/js").toAbsolutePath();
  private static final long LIMIT_SECONDS = 180;

  private Commands() {}

  /** What a program prints; it must end well. */
  static String run(Path folder, Map<String, String> environment, List<String> command)
      throws Exception {
    Path out = Files.createTempFile("command", ".out");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    builder.redirectOutput(out.toFile()).redirectError(Files.createTempFile("c", ".err").toFile());
    Process process = start(builder);
    try {
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as(command.getFirst()).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(out, StandardCharsets.UTF_8);
    String error = Files.readString(builder.redirectError().file().toPath());
    assertThat(process.exitValue()).as("%s%n%s%n%s", command, said, error).isZero();
    Files.delete(out);
    Files.delete(builder.redirectError().file().toPath());
    return said;
  }

  private static Process start(ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      return fail(
          "%s is not there: this test needs Node 20 or newer with npm, curl and a shell on the PATH"
              .formatted(builder.command().getFirst()),
          e);
    }
  }

  /** A folder in which modules of JavaScript find OpenAI's client, of the version locked here. */
  static Path scripts() throws Exception {
    Files.createDirectories(MODULES);
    try (FileChannel lock =
            FileChannel.open(
                MODULES.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = lock.lock()) { // Another process runs tests, too.
      install();
    }
    return MODULES;
  }

  private static void install() throws Exception {
    for (String file : List.of("package.json", "package-lock.json", "client.test.js")) {
      Files.copy(SCRIPTS.resolve(file), MODULES.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    Path done = MODULES.resolve("node_modules/openai/package.json");
    String wanted = Files.readString(SCRIPTS.resolve("package.json"));
    if (!Files.exists(done) || !wanted.contains(version(Files.readString(done)))) {
      run(MODULES, Map.of(), List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
    }
  }

  private static String version(String module) {
    return module.replaceFirst("(?s).*?(\"version\": *\"([^\"]+)\").*", "$2");
  }
}
