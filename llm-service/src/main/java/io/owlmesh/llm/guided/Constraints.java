// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.automaton.RegexParser;
import io.owlmesh.llm.guided.schema.SchemaCompiler;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.language.LogitsProcessor;
import java.util.function.Supplier;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/** Compiles constraints for the tokens of one model, and keeps those that were asked for last. */
public final class Constraints {
  private static final int MAX_REGEX = 4096;
  private static final int MAX_SCHEMA = 64 << 10;
  private static final int KEPT = 16;

  private record Key(String field, String text) {}

  private final TokenBytes first;
  private final TokenBytes later;
  private final boolean spellsAll;
  private final int eos;
  private final Cache<Key, LogitsProcessor> compiled =
      Caffeine.newBuilder().maximumSize(KEPT).executor(Runnable::run).build();

  /**
   * @param eos id of the end of the sequence
   */
  public Constraints(Tokenizer tokenizer, int eos) {
    this(
        new TokenBytes(tokenizer, true),
        new TokenBytes(tokenizer, false),
        tokenizer.spellsBytes(),
        eos);
  }

  private Constraints(TokenBytes first, TokenBytes later, boolean spellsAll, int eos) {
    this.first = first;
    this.later = later;
    this.spellsAll = spellsAll;
    this.eos = eos;
  }

  /** For answers that go on from another text: a space that they begin with is their own. */
  public Constraints continuing() {
    return new Constraints(later, later, spellsAll, eos);
  }

  /**
   * Answers that match a regular expression as a whole.
   *
   * @throws OwlException BAD_INPUT, field {@code regex}, if it has no or more than 4096 characters,
   *     is malformed, has what is not supported, matches nothing or takes more than 20,000 states
   */
  public LogitsProcessor regex(String regex) {
    check("regex", regex, MAX_REGEX);
    return compiled.get(
        new Key("regex", regex),
        _ ->
            compile(
                "regex",
                () -> {
                  try {
                    return RegexParser.whole(regex);
                  } catch (PatternSyntaxException e) {
                    throw OwlException.badInput("regex", RegexParser.sentence(e));
                  }
                }));
  }

  /**
   * Answers that are the compact JSON of a value that a schema allows.
   *
   * @throws OwlException BAD_INPUT, field {@code json_schema}, if it has no or more than 65,536
   *     characters, is no JSON, has what is not supported, allows nothing or takes more than 20,000
   *     states
   */
  public LogitsProcessor jsonSchema(String schema) {
    check(SchemaCompiler.FIELD, schema, MAX_SCHEMA);
    return compiled.get(
        new Key(SchemaCompiler.FIELD, schema),
        _ -> compile(SchemaCompiler.FIELD, () -> SchemaCompiler.compile(schema)));
  }

  private void check(String field, String text, int limit) {
    if (text.isEmpty() || text.length() > limit) {
      throw OwlException.badInput(field, text.length() + " characters, allowed are 1 to " + limit);
    }
    if (!spellsAll) {
      throw OwlException.badInput(
          field, "is not supported for this model, whose tokens cannot spell every text");
    }
  }

  private LogitsProcessor compile(String field, Supplier<Automaton> language) {
    try {
      ByteRunAutomaton table = BoundedAutomata.table(language.get());
      if (table.getSize() == 1 && !table.isAccept(0)) {
        throw OwlException.badInput(field, "nothing matches it");
      }
      return new Constraint(table, first, later, eos);
    } catch (BoundedAutomata.TooLargeException e) {
      throw OwlException.badInput(field, String.valueOf(e.getMessage()));
    }
  }
}
