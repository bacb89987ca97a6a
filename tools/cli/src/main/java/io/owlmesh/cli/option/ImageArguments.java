// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import com.google.protobuf.ByteString;
import io.owlmesh.client.LocalImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The images that a command shows to the model. */
public final class ImageArguments {
  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = {
        "An image to look at: JPEG, PNG, GIF, BMP or WebP; - reads it from standard input.",
        "May be repeated."
      })
  private List<Path> files = new ArrayList<>();

  public int count() {
    return files.size();
  }

  /** Whether standard input is one of them. */
  public boolean readStandardInput() {
    return files.stream().anyMatch(ImageArguments::isStandardInput);
  }

  /** Reads each file whole, in the order given. */
  public List<ByteString> read(StandardInput in, CommandLine line) {
    if (files.stream().filter(ImageArguments::isStandardInput).count() > 1) {
      throw new ParameterException(line, "Standard input can be one image only.");
    }
    try {
      return files.stream().map(file -> read(file, in)).toList();
    } catch (IllegalArgumentException unusable) {
      throw new ParameterException(line, unusable.getMessage(), unusable);
    }
  }

  private static boolean isStandardInput(Path file) {
    return file.toString().equals(StandardInput.NAME);
  }

  private static ByteString read(Path file, StandardInput in) {
    if (!isStandardInput(file)) {
      return LocalImage.read(file);
    }
    byte[] bytes = in.read("image", LocalImage.MAX_BYTES);
    if (bytes.length == 0) {
      throw new IllegalArgumentException("The image on standard input is empty");
    }
    return ByteString.copyFrom(bytes);
  }
}
