// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The part of a branch that the model is shown. The rule: the oldest questions go, each with its
 * answer, until the prompt leaves room for the answer and shows no more images, of no more bytes,
 * than allowed; the system sentence and the last message always stay.
 *
 * @param messages that stay, the last of the branch
 * @param omitted messages that are left out, from the begin
 */
record ContextWindow(Prompt prompt, List<Message> messages, int omitted) {
  /** Images that a prompt may show: how many, and bytes of all files together. */
  record Images(int most, long bytes) {}

  /**
   * Leaves out as little as possible.
   *
   * @param branch ends with a human message
   * @param layout of the dialogue
   * @param limits of what the prompt may show
   * @param fits whether a prompt leaves room for an answer; of two, the longer one does only if the
   *     shorter one does
   * @throws OwlException BAD_INPUT if not even the last message alone fits
   */
  static ContextWindow of(
      List<Message> branch,
      Function<List<Turn>, Prompt> layout,
      Images limits,
      Predicate<Prompt> fits) {
    List<Integer> starts = starts(branch, limits);
    if (starts.isEmpty()) {
      throw new OwlException(
          ErrorCode.TOO_MANY_IMAGES,
          "images",
          "the message alone shows more than %d, or more than %d bytes"
              .formatted(limits.most(), limits.bytes()));
    }
    // The first start that fits, found by halving: counting tokens is a call.
    int low = 0;
    int high = starts.size() - 1;
    while (low < high) {
      int middle = low == 0 && high == starts.size() - 1 ? 0 : (low + high) >>> 1;
      if (fits.test(from(branch, starts.get(middle), layout).prompt())) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    ContextWindow best = from(branch, starts.get(low), layout);
    if (low == starts.size() - 1 && !fits.test(best.prompt())) {
      throw new OwlException(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "text",
          "the message alone is longer than the context of the model leaves room for");
    }
    return best;
  }

  /** Where a prompt may begin: at the first message, or with a question after an answer. */
  private static List<Integer> starts(List<Message> branch, Images limits) {
    List<Integer> starts = new ArrayList<>();
    int images = branch.stream().mapToInt(Message::getImagesCount).sum();
    long bytes = branch.stream().mapToLong(ContextWindow::bytes).sum();
    for (int i = 0; i < branch.size(); i++) {
      boolean begins =
          i == 0 || (role(branch.get(i)) == Role.HUMAN && role(branch.get(i - 1)) == Role.AI);
      if (begins && images <= limits.most() && bytes <= limits.bytes()) {
        starts.add(i);
      }
      images -= branch.get(i).getImagesCount();
      bytes -= bytes(branch.get(i));
    }
    return starts;
  }

  private static long bytes(Message message) {
    return message.getImagesList().stream().mapToLong(Image::getSizeBytes).sum();
  }

  private static ContextWindow from(
      List<Message> branch, int start, Function<List<Turn>, Prompt> layout) {
    List<Message> shown = branch.subList(start, branch.size());
    return new ContextWindow(layout.apply(turns(shown)), shown, start);
  }

  /** A dialogue as the template lays it out. */
  static List<Turn> turns(List<Message> messages) {
    return messages.stream()
        .map(message -> new Turn(role(message), message.getText(), message.getImagesCount()))
        .toList();
  }

  private static Role role(Message message) {
    return switch (message.getRole()) {
      case ROLE_AI -> Role.AI;
      case ROLE_HUMAN, ROLE_UNSPECIFIED, UNRECOGNIZED -> Role.HUMAN;
    };
  }
}
