// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The chat template of a checkpoint, as transformers' {@code apply_chat_template} runs it: loops
 * over messages, conditions, names, a few filters and methods. What is beyond that is refused by
 * name. It reaches nothing but the messages, and its steps and its output are bounded.
 *
 * <p>What people say never passes through it: it moves marks about, and texts take their places
 * afterwards. So {@code <image>} and {@code </s>} of the template are an image and a mark, and
 * those that somebody typed stay text.
 */
public final class JinjaTemplate implements ChatTemplate {
  static final String WHERE = "chat template";

  private static final int MAX_SOURCE = 64 << 10;
  private static final char BEGIN = '\ue000';
  private static final char END = '\ue001';
  private static final Pattern PLACES =
      Pattern.compile(BEGIN + "(\\d{1,6})" + END + "|<image>|</s>|<s>");

  private final ChatTemplate family;
  private final String source;
  private final List<Statement> statements;

  private JinjaTemplate(String source, ChatTemplate family) {
    this.source = source;
    this.family = family;
    this.statements = StatementParser.parse(source);
  }

  /**
   * Reads a template and tries it.
   *
   * @param family what a template of Jinja does not tell is as in this one
   * @throws OwlException BAD_CHECKPOINT if it is not understood, or does not lay out a dialogue
   */
  public static JinjaTemplate of(String source, ChatTemplate family) {
    if (source.length() > MAX_SOURCE) {
      throw OwlException.badCheckpoint(
          WHERE, source.length() + " characters, the limit is " + MAX_SOURCE);
    }
    if (source.indexOf(BEGIN) >= 0 || source.indexOf(END) >= 0) {
      throw OwlException.badCheckpoint(WHERE, "has characters of private use");
    }
    JinjaTemplate template = new JinjaTemplate(source, family);
    List<Turn> turns =
        List.of(
            new Turn(Role.HUMAN, "Q", 2), new Turn(Role.AI, "A", 0), new Turn(Role.HUMAN, "R", 0));
    List<Prompt.Part> parts;
    try {
      parts = template.layout("S", turns);
    } catch (OwlException e) {
      throw OwlException.badCheckpoint(WHERE, e.sentence());
    }
    for (Turn turn : turns) {
      if (!parts.contains(new Prompt.Text(turn.text()))) {
        throw OwlException.badCheckpoint(WHERE, "leaves out what is said");
      }
    }
    return template;
  }

  /**
   * The source of the template that lies with a checkpoint: {@code chat_template.jinja}, or the one
   * in {@code chat_template.json}.
   *
   * @throws OwlException BAD_CHECKPOINT if a file is damaged
   */
  public static Optional<String> source(Path checkpointFolder) {
    Path plain = checkpointFolder.resolve("chat_template.jinja");
    if (Files.exists(plain)) {
      byte[] text = RegularFile.read(plain, "chat_template.jinja", MAX_SOURCE);
      try {
        return Optional.of(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString());
      } catch (CharacterCodingException _) {
        throw OwlException.badCheckpoint("chat_template.jinja", "not UTF-8");
      }
    }
    Path json = checkpointFolder.resolve("chat_template.json");
    if (!Files.exists(json)) {
      return Optional.empty();
    }
    JsonNode template = StrictJson.object(json, MAX_SOURCE).path("chat_template");
    if (!template.isTextual()) {
      throw OwlException.badCheckpoint("chat_template.json", "chat_template is no text");
    }
    return Optional.of(template.asText());
  }

  /** As it was given. */
  public String source() {
    return source;
  }

  @Override
  public String name() {
    return family.name();
  }

  /** None but what the template writes itself. */
  @Override
  public String system() {
    return "";
  }

  @Override
  public String opening(Role role) {
    return family.opening(role);
  }

  @Override
  public String beforeAnswer() {
    return family.beforeAnswer();
  }

  @Override
  public List<String> stops() {
    return family.stops();
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    List<String> texts = new ArrayList<>();
    List<Object> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(message("system", system, 0, texts));
    }
    int images = 0;
    for (Turn turn : turns) {
      String role = turn.role() == Role.HUMAN ? "user" : "assistant";
      messages.add(message(role, turn.text(), turn.images(), texts));
      images += turn.images();
    }
    Scope scope =
        new Scope(
            Map.of(
                "messages",
                messages,
                "add_generation_prompt",
                true,
                "bos_token",
                "<s>",
                "eos_token",
                "</s>"));
    Statement.runAll(statements, scope);
    List<Prompt.Part> parts = parts(scope.output(), texts);
    long placed = parts.stream().filter(Prompt.Image.class::isInstance).count();
    if (placed != images) {
      throw OwlException.badCheckpoint(WHERE, "places %d images of %d".formatted(placed, images));
    }
    return parts;
  }

  private static Map<String, Object> message(
      String role, String said, int images, List<String> texts) {
    List<Object> content = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      content.add(Map.of("type", "image"));
    }
    if (!said.isEmpty()) {
      content.add(Map.of("type", "text", "text", BEGIN + "" + texts.size() + END));
      texts.add(said);
    }
    return Map.of("role", role, "content", content);
  }

  /** The start of a sequence is put before a prompt in any case. */
  private static List<Prompt.Part> parts(String output, List<String> texts) {
    List<Prompt.Part> parts = new ArrayList<>();
    int done = 0;
    for (Matcher place = PLACES.matcher(output); place.find(); done = place.end()) {
      parts.add(new Prompt.Text(output.substring(done, place.start())));
      switch (place.group()) {
        case "<image>" -> parts.add(new Prompt.Image());
        case "</s>" -> parts.add(new Prompt.Mark("</s>"));
        case "<s>" -> {}
        default -> parts.add(new Prompt.Text(texts.get(Integer.parseInt(place.group(1)))));
      }
    }
    parts.add(new Prompt.Text(output.substring(done)));
    return parts;
  }
}
