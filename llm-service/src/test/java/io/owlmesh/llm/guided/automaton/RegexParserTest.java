// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.llm.guided.GuidedTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegexParserTest {
  private static final String LETTERS =
      "aabbcc01-_. \n\"\\/|^$(){}[]*+?:,#@&<>~\u4e2d\u6587\u00e9\ud83e\udd89";

  /** Short texts of characters that mean something to expressions, and of some that do not. */
  private static List<String> texts() {
    int[] letters = LETTERS.codePoints().toArray();
    Random random = new Random(1);
    List<String> texts =
        new ArrayList<>(List.of("", "a", "ab", "aab", "abc", "2024-11-05", "aaaa"));
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(5); length >= 0; length--) {
        text.appendCodePoint(letters[random.nextInt(letters.length)]);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "()",
        "a|",
        "a*",
        "(ab|a)(c|bcd)?",
        "a+?b??c*?",
        "(?:a|b){2,3}",
        "(a?){3}",
        "(a*b?){2,}",
        "a{0}b{0,1}c{1,}",
        "^a.*b$",
        "^a|b$",
        ".",
        "..",
        "[abc]+",
        "[^abc]+",
        "[a-c0-1]*",
        "[-a]+",
        "[a-]+",
        "[.*+?(){}|^$/]+",
        "[\\]\\[\\-\\\\]+",
        "\\d\\D|\\w\\W|\\s\\S",
        "[\\d_]+",
        "[^\\d\\s]+",
        "\\(\\)\\{\\}\\[\\]\\*\\.",
        "\\n|\\t|\\r|\\f",
        "\\x61\\u0062",
        "\\u4e2d+",
        "\\uD83E\\uDD89",
        "[\u4e00-\u9fff]{1,3}",
        "[\ud83e\udd80-\ud83e\udd90]",
        "\"[^\"]*\"",
        "#|@|&|<|>|~|-|/|:|,",
        "}|]",
        "\\d{4}-\\d{2}-\\d{2}"
      })
  void matchesWhatTheJdkMatches(String regex) {
    Predicate<String> ours = GuidedTexts.of(RegexParser.whole(regex));
    Predicate<String> theirs = Pattern.compile(regex.replace("}|]", "\\}|\\]")).asMatchPredicate();

    assertThat(texts())
        .allSatisfy(text -> assertThat(ours.test(text)).isEqualTo(theirs.test(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "^a",
        "a$",
        "^a$",
        "^a|b$",
        "^(a|b)$|c",
        "[^a]",
        "\\d{2}",
        "^(?=.*a)(?!.*b)..",
        "^(?!a|ab$)",
        "b(?!c)",
        "^a(?=b|c$).*$",
        "^(?!^[ab]*$).{2}$"
      })
  void findsWhatTheJdkFinds(String regex) {
    Predicate<String> ours = GuidedTexts.of(RegexParser.search(regex, Utf8.ANY));
    // In the JDK, but not in schemas, '$' matches before a last line end too.
    Predicate<String> theirs = Pattern.compile(regex.replace("$", "\\z")).asPredicate();

    assertThat(texts())
        .allSatisfy(text -> assertThat(ours.test(text)).isEqualTo(theirs.test(text)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "(;'(';1",
        "a);')';1",
        "*a;repeat;0",
        "a**;repeat;2",
        "a*+;repeat;2",
        "{2};repeat;0",
        "a{;number;2",
        "a{x};number;2",
        "a{2,1};before;6",
        "a{2;'}';3",
        "a{9999999};six;9",
        "[;early;1",
        "[a;early;2",
        "[];empty;1",
        "[z-a];range;4",
        "[\\d-z];range;5",
        "[a[b]];escaped;3",
        "[a&&b];escaped;3",
        "a^;beginning;1",
        "(a$);end;2",
        "a$b;end;2",
        "((?=a));(?:;3",
        "(?=(?=a));(?:;5",
        "(?<=a)b;(?:;2",
        "(?=a)*;repeat;5",
        "(?!a;')';4",
        "(?i)a;(?:;2",
        "\\1;\\1;2",
        "\\bword;\\b;2",
        "\\p{L};\\p;2",
        "\\x6;hexadecimal;3",
        "\\uD83E;surrogate;6",
        "a\\;early;2"
      })
  void whatIsNotSupportedIsRefusedWithItsPlace(String regex, String why, int place) {
    assertThatThrownBy(() -> RegexParser.whole(regex))
        .isInstanceOfSatisfying(
            PatternSyntaxException.class,
            e -> {
              assertThat(e.getDescription()).contains(why);
              assertThat(e.getIndex()).isEqualTo(place);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a{999999}",
        "((a{999}){999}){999}",
        "(a?){99999}",
        "((a?b?c?){300}){300}",
        "a{99999}|b{99999}|c{99999}",
        "(a|b)*a(a|b){20}"
      })
  void whatTakesTooMuchIsRefusedBeforeItDoes(String regex) {
    assertThatThrownBy(() -> BoundedAutomata.table(RegexParser.whole(regex)))
        .isInstanceOf(BoundedAutomata.TooLargeException.class);
  }

  @Test
  void deepGroupsAreRefusedAndNotAnOverflow() {
    String regex = "(".repeat(2000) + ")".repeat(2000);

    assertThatThrownBy(() -> RegexParser.whole(regex)).hasMessageContaining("groups");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\S", "[\\S]", "[^\\s]", "[^\\s-]"})
  void negatedSpacesExcludeWhatOthersTakeForOne(String regex) {
    Predicate<String> ours = GuidedTexts.of(RegexParser.whole(regex));

    for (String space : List.of(" ", "\u00a0", "\u2003", "\u3000", "\ufeff", "\u2028", "\u000b")) {
      assertThat(ours.test(space)).as(Integer.toHexString(space.charAt(0))).isFalse();
    }
    assertThat(ours.test("\u4e2d")).isTrue();
  }

  @Test
  void longTextsFit() {
    Predicate<String> texts = GuidedTexts.of(RegexParser.whole(".{0,1000}"));

    assertThat(texts.test("\u4e2d".repeat(1000))).isTrue();
    assertThat(texts.test("\u4e2d".repeat(1001))).isFalse();
  }
}
