// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.Address;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures the language model's service and llama.cpp in turn, on the same weights in the same
 * precision and with the same number of threads.
 */
public final class PeerBench {
  private final Address address;
  private final Checkpoint checkpoint;
  private final Path folder;
  private final Consumer<String> told;

  /**
   * @param address of the service
   * @param checkpoint that it serves
   * @param folder where {@code npm install node-llama-cpp} was run
   * @param told each line as soon as there is one
   */
  public PeerBench(Address address, Checkpoint checkpoint, Path folder, Consumer<String> told) {
    this.address = address;
    this.checkpoint = checkpoint;
    this.folder = folder;
    this.told = told;
  }

  /**
   * Measures.
   *
   * @param sequences answers at a time, one number a row
   * @param prompts positions, about, one number a row
   * @param tokens of each answer
   * @param rounds how often each is asked, in turn
   */
  public List<PeerRow> run(List<Integer> sequences, List<Integer> prompts, int tokens, int rounds)
      throws IOException {
    if (!Files.isDirectory(folder.resolve("node_modules/node-llama-cpp"))) {
      throw OwlException.badInput(
          "llama-cpp", folder + " has no node-llama-cpp: run npm install node-llama-cpp there");
    }
    int most = sequences.stream().max(Integer::compare).orElseThrow();
    // Prompts here may be a sentence longer or shorter than was asked for.
    int room = prompts.stream().max(Integer::compare).orElseThrow() + tokens + 128;
    Path temporary = Files.createTempDirectory("owl-peers");
    try (EngineClient client = new EngineClient(address)) {
      boolean narrow = !client.model().getDescription().getQuantization().equals("none");
      GgufFile.Format format = narrow ? GgufFile.Format.Q8_0 : GgufFile.Format.BF16;
      Path file = temporary.resolve("model.gguf");
      GgufFile.write(checkpoint, format, file);
      int threads = Runtime.getRuntime().availableProcessors();
      try (LlamaPeer peer = new LlamaPeer(folder, file, threads, most, room)) {
        told.accept("%s, %s, %d threads".formatted(peer.name(), format, threads));
        double perSentence =
            new BenchPrompts(checkpoint.config(), client.model().getDescription())
                .positionsPerSentence(client);
        List<PeerRow> rows = new ArrayList<>();
        for (int count : sequences) {
          for (int prompt : prompts) {
            int sentences = Math.max(1, (int) Math.round(prompt / perSentence));
            rows.addAll(measure(client, peer, count, sentences, tokens, rounds));
          }
        }
        return rows;
      }
    } finally {
      FileTree.delete(temporary);
    }
  }

  private List<PeerRow> measure(
      EngineClient client, LlamaPeer peer, int count, int sentences, int tokens, int rounds)
      throws IOException {
    List<PeerTimes> here = new ArrayList<>();
    List<PeerTimes> there = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      PeerTimes own = ask(client, count, sentences, tokens);
      PeerTimes other = peer.ask(count, own.prompt(), tokens);
      if (round > 0) { // The first one compiles.
        here.add(own);
        there.add(other);
      }
    }
    String what = "%d answers, prompts of %d".formatted(count, here.getFirst().prompt());
    PeerRow reading =
        PeerRow.of(
            what + ": positions/s",
            here.stream().map(PeerTimes::reading).toList(),
            there.stream().map(PeerTimes::reading).toList());
    PeerRow decoding =
        PeerRow.of(
            what + ": tokens/s",
            here.stream().map(PeerTimes::decoding).toList(),
            there.stream().map(PeerTimes::decoding).toList());
    told.accept(reading.toString());
    told.accept(decoding.toString());
    return List.of(reading, decoding);
  }

  private PeerTimes ask(EngineClient client, int count, int sentences, int tokens) {
    BenchPrompts prompts = new BenchPrompts(checkpoint.config(), client.model().getDescription());
    List<EngineAnswer> answers =
        client.together(
            count, _ -> prompts.sentences(sentences), _ -> EngineClient.exactly(tokens));
    int positions =
        answers.stream().mapToInt(a -> a.end().getUsage().getPromptTokens()).max().orElseThrow();
    return PeerTimes.of(positions, answers);
  }
}
