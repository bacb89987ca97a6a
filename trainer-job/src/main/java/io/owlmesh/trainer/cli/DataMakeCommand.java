// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.trainer.synthetic.BookOptions;
import io.owlmesh.trainer.synthetic.PictureBook;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a picture book. */
@Command(
    name = "make",
    description =
        "Writes the picture book: a toy world of pictures and dialogues with known truth.",
    sortOptions = false)
final class DataMakeCommand implements Callable<Integer> {
  private static final int EVERY = 10_000;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "DIR", description = "Folder to write, new or empty.")
  private Path folder;

  @Option(names = "--seed", paramLabel = "N", description = "The same seed, the same bytes.")
  private long seed = BookOptions.DEFAULTS.seed();

  @Option(names = "--size", paramLabel = "PIXELS", description = "Side of a picture.")
  private int size = BookOptions.DEFAULTS.imageSize();

  @Option(names = "--pretrain", paramLabel = "N", description = "Texts for the language model.")
  private int pretrain = BookOptions.DEFAULTS.pretrain();

  @Option(names = "--align", paramLabel = "N", description = "Pictures with captions.")
  private int align = BookOptions.DEFAULTS.align();

  @Option(names = "--instruct-image", paramLabel = "N", description = "Dialogues on pictures.")
  private int instructImage = BookOptions.DEFAULTS.instructImage();

  @Option(names = "--instruct-text", paramLabel = "N", description = "Dialogues on text alone.")
  private int instructText = BookOptions.DEFAULTS.instructText();

  @Option(names = "--test", paramLabel = "N", description = "Test questions of each skill.")
  private int test = BookOptions.DEFAULTS.test();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    BookOptions options =
        new BookOptions(seed, size, pretrain, align, instructImage, instructText, test);
    Map<String, Integer> counts =
        PictureBook.write(
            folder,
            options,
            (file, samples) -> {
              if (samples % EVERY == 0) {
                out.println(file + ": " + samples);
                out.flush();
              }
            });
    if (counts.isEmpty()) {
      out.println(folder + " holds this book already.");
    }
    counts.forEach((name, count) -> out.printf("%-36s %,9d%n", name, count));
    out.flush();
    return 0;
  }
}
