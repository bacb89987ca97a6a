// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;

/** Reads the statements of a template. */
final class StatementParser {
  private static final int MAX_DEPTH = 30;

  private final List<TemplateSegment> segments;
  private int at;
  private int depth;

  private StatementParser(List<TemplateSegment> segments) {
    this.segments = segments;
  }

  static List<Statement> parse(String template) {
    StatementParser parser = new StatementParser(TemplateSegment.cut(template));
    List<Statement> body = parser.until();
    if (parser.at < parser.segments.size()) {
      throw OwlException.badCheckpoint(
          JinjaTemplate.WHERE, "'" + parser.keyword() + "' closes nothing");
    }
    return body;
  }

  private String keyword() {
    if (at >= segments.size()) {
      return "";
    }
    TemplateSegment segment = segments.get(at);
    return segment.kind() == TemplateSegment.Kind.STATEMENT
        ? segment.tokens().getFirst().text()
        : "";
  }

  /** Statements up to one of these keywords, or the end. */
  private List<Statement> until(String... ends) {
    depth++;
    if (depth > MAX_DEPTH) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "statements nest too deep");
    }
    List<Statement> body = new ArrayList<>();
    while (at < segments.size()) {
      TemplateSegment segment = segments.get(at);
      if (segment.kind() == TemplateSegment.Kind.STATEMENT) {
        String keyword = keyword();
        if (List.of(ends).contains(keyword)
            || keyword.startsWith("end")
            || keyword.startsWith("el")) {
          break;
        }
        at++;
        statement(keyword, segment, body);
        continue;
      }
      at++;
      if (segment.kind() == TemplateSegment.Kind.TEXT) {
        body.add(new Statement.Print(_ -> segment.body()));
      } else {
        ExpressionParser parser = new ExpressionParser(segment.tokens());
        Expression value = parser.expression();
        parser.end();
        body.add(new Statement.Print(value));
      }
    }
    depth--;
    return body;
  }

  private void statement(String keyword, TemplateSegment segment, List<Statement> body) {
    ExpressionParser parser = new ExpressionParser(segment.tokens());
    parser.next();
    switch (keyword) {
      case "for" -> body.add(loop(parser));
      case "if" -> body.add(choice(parser));
      case "set" -> {
        String name = parser.name();
        parser.expect("=");
        Expression value = parser.expression();
        parser.end();
        body.add(new Statement.Let(name, value));
      }
      // Marks what training learns, and prints it.
      case "generation" -> {
        parser.end();
        body.addAll(until("endgeneration"));
        close("endgeneration");
      }
      default -> throw Values.refused("the statement " + keyword);
    }
  }

  private Statement loop(ExpressionParser parser) {
    String name = parser.name();
    parser.expect("in");
    Expression items = parser.expression();
    parser.end();
    List<Statement> body = until("endfor");
    close("endfor");
    return new Statement.For(name, items, body);
  }

  private Statement choice(ExpressionParser parser) {
    Expression condition = parser.expression();
    parser.end();
    List<Statement> yes = until("elif", "else", "endif");
    List<Statement> no = List.of();
    if (keyword().equals("elif")) {
      ExpressionParser other = new ExpressionParser(segments.get(at).tokens());
      other.next();
      at++;
      return new Statement.If(condition, yes, List.of(choice(other)));
    }
    if (keyword().equals("else")) {
      at++;
      no = until("endif");
    }
    close("endif");
    return new Statement.If(condition, yes, no);
  }

  private void close(String keyword) {
    if (!keyword().equals(keyword)) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "lacks " + keyword);
    }
    at++;
  }
}
