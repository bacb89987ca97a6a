// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.store.RatedDialogue;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import java.util.List;
import java.util.Locale;

/** A rated dialogue as a line of training data. */
final class FeedbackLine {
  private static final String PLACE = "<image>";

  private FeedbackLine() {}

  static ExportFeedbackResponse of(RatedDialogue dialogue) {
    List<Message> branch = dialogue.branch();
    Message answer = branch.getLast();
    List<Message> before = branch.subList(0, branch.size() - 1);
    List<Image> images =
        before.stream().flatMap(message -> message.getImagesList().stream()).toList();
    StringBuilder text = new StringBuilder();
    List<ChatTemplate.Turn> turns =
        ContextWindow.turns(before).stream()
            .map(turn -> new ChatTemplate.Turn(turn.role(), plain(turn.text()), turn.images()))
            .toList();
    for (Prompt.Part part :
        DialogueText.TEMPLATE
            .prompt(plain(TurnPlan.system(DialogueText.TEMPLATE, dialogue.session())), turns)
            .parts()) {
      text.append(
          switch (part) {
            case Prompt.Text(String said) -> said;
            case Prompt.Mark(String token) -> token;
            case Prompt.Image _ -> PLACE;
          });
    }
    text.append(plain(answer.getText()));
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("text", text.toString());
    var names = line.putArray("image");
    images.forEach(image -> names.add("images/" + image.getSha256()));
    line.put("rating", rating(answer));
    line.put("note", answer.getFeedback().getNote());
    line.put("session", dialogue.session().getId());
    line.put("message", answer.getId());
    return ExportFeedbackResponse.newBuilder()
        .setLine(line.toString())
        .addAllImages(images)
        .build();
  }

  /**
   * In training data certain words are the place of an image, or open a turn, which decides whose
   * words are learnt. In what somebody said they must not.
   */
  private static String plain(String said) {
    return said.replace(PLACE, "< image>").replace("AI: ", "AI : ").replace("Human: ", "Human : ");
  }

  private static String rating(Message answer) {
    return answer
        .getFeedback()
        .getRating()
        .name()
        .substring("RATING_".length())
        .toLowerCase(Locale.ROOT);
  }
}
