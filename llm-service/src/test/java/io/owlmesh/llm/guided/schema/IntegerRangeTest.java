// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntegerRangeTest {
  private static Predicate<String> accepts(long min, long max) {
    return Pattern.compile(new IntegerRange(min, max).regex()).asMatchPredicate();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "0,9",
    "1,9",
    "0,100",
    "7,1234",
    "-5,-5",
    "-120,7",
    "-999,-10",
    "95,105",
    "-1500,1500",
    "19,91",
    "199,911",
    "5,4",
    "-4,-5",
    "1,-1"
  })
  void acceptsTheNumbersBetweenItsEnds(long min, long max) {
    Predicate<String> accepts = accepts(min, max);

    for (long i = -2000; i <= 2000; i++) {
      assertThat(accepts.test(Long.toString(i))).as("%d", i).isEqualTo(i >= min && i <= max);
    }
    assertThat(accepts.test("00") || accepts.test("-0") || accepts.test("")).isFalse();
  }

  @Test
  void theLargestRangeEndsAtEighteenDigits() {
    Predicate<String> accepts = accepts(IntegerRange.MIN, IntegerRange.MAX);

    assertThat(accepts.test("9".repeat(18)) && accepts.test("-" + "9".repeat(18))).isTrue();
    assertThat(accepts.test("1" + "0".repeat(18))).isFalse();
  }
}
