// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.client.Address;
import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.eval.CheckpointAnswerer;
import io.owlmesh.trainer.eval.MeshAnswerer;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Who answers the questions of an evaluation. */
final class AnswererFlags {
  @Option(names = "--checkpoint", paramLabel = "DIR", description = "Model to load and ask.")
  private Optional<Path> checkpoint = Optional.empty();

  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      converter = AddressConverter.class,
      description = "Instead of a checkpoint, a running mesh.")
  private Optional<Address> address = Optional.empty();

  @Option(
      names = "--adapter",
      paramLabel = "DIR|NAME",
      description = "LoRA to answer with: its folder, or its name in the mesh.")
  private Optional<String> adapter = Optional.empty();

  @Option(
      names = "--quantize",
      paramLabel = "TYPE",
      description = "Matrices of the checkpoint's language model: none, int8 or mixed.")
  private String quantize = "none";

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Of an answer (default: as many as such answers need).")
  private Optional<Integer> maxNewTokens = Optional.empty();

  /**
   * Loads the checkpoint or connects to the mesh.
   *
   * @param usualTokens of an answer at most, where nothing was said
   */
  Answerer open(int usualTokens) {
    if (checkpoint.isPresent() == address.isPresent()) {
      throw OwlException.badInput("--checkpoint", "name a checkpoint or the address of a mesh");
    }
    if (address.isPresent() && !quantize.equals("none")) {
      throw OwlException.badInput("--quantize", "is for a checkpoint; a mesh has its own");
    }
    int tokens = maxNewTokens.orElse(usualTokens);
    return checkpoint.isPresent()
        ? new CheckpointAnswerer(
            checkpoint.get(),
            adapter.map(Path::of),
            EngineOptions.DEFAULTS.withQuantization(Quantization.named(quantize)),
            tokens)
        : new MeshAnswerer(address.orElseThrow(), adapter, tokens);
  }
}
