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
        body.add(new Statement.Print(whole(new TokenReader(segment.tokens()))));
      }
    }
    depth--;
    return body;
  }

  private void statement(String keyword, TemplateSegment segment, List<Statement> body) {
    TokenReader tag = new TokenReader(segment.tokens());
    tag.next();
    switch (keyword) {
      case "for" -> body.add(loop(tag));
      case "if" -> body.add(choice(tag));
      case "set" -> {
        String name = tag.name();
        tag.expect("=");
        body.add(new Statement.Let(name, whole(tag)));
      }
      // Marks what training learns, and prints it.
      case "generation" -> {
        tag.end();
        body.addAll(until("endgeneration"));
        close("endgeneration");
      }
      default -> throw Values.refused("the statement " + keyword);
    }
  }

  /** The expression that is the rest of a tag. */
  private static Expression whole(TokenReader tag) {
    Expression value = new ExpressionParser(tag).expression();
    tag.end();
    return value;
  }

  private Statement loop(TokenReader tag) {
    String name = tag.name();
    tag.expect("in");
    Expression items = whole(tag);
    List<Statement> body = until("endfor");
    close("endfor");
    return new Statement.For(name, items, body);
  }

  private Statement choice(TokenReader tag) {
    List<Statement.Branch> branches = new ArrayList<>();
    branches.add(branch(tag));
    while (keyword().equals("elif")) {
      TokenReader next = new TokenReader(segments.get(at).tokens());
      next.next();
      at++;
      branches.add(branch(next));
    }
    List<Statement> other = List.of();
    if (keyword().equals("else")) {
      at++;
      other = until("endif");
    }
    close("endif");
    return new Statement.If(branches, other);
  }

  private Statement.Branch branch(TokenReader tag) {
    Expression condition = whole(tag);
    return new Statement.Branch(condition, until("elif", "else", "endif"));
  }

  private void close(String keyword) {
    if (!keyword().equals(keyword)) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "lacks " + keyword);
    }
    at++;
  }
}
