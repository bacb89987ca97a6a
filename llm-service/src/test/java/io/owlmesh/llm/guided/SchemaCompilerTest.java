// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotes in the tables are single ones, to be read. */
class SchemaCompilerTest {
  private static final String LONG = "{'type':'string','maxLength':9000},";

  private static String json(String readable) {
    return readable.replace('\'', '"');
  }

  private static Arguments row(String schema, List<String> accepted, List<String> rejected) {
    return Arguments.of(schema, accepted, rejected);
  }

  static List<Arguments> table() {
    return List.of(
        row("{'type':'boolean'}", List.of("true", "false"), List.of("null", "", " true", "1")),
        row("{'type':'null'}", List.of("null"), List.of("0", "'null'")),
        row(
            "{'type':'integer'}",
            List.of("0", "-1", "42", "999999999999999999"),
            List.of("-0", "01", "1.0", "1e2", "+1", "1000000000000000000")),
        row(
            "{'type':'number'}",
            List.of("0", "-0", "1.5", "-0.25", "1e5", "1E+10", "2.5e-7"),
            List.of("01", ".5", "1.", "1e", "1e100", "NaN")),
        row(
            "{'type':'integer','minimum':-3,'maximum':12}",
            List.of("-3", "0", "9", "12"),
            List.of("-4", "13", "100")),
        row("{'minimum':0.5,'exclusiveMaximum':3}", List.of("1", "2"), List.of("0", "3", "1.5")),
        row("{'exclusiveMinimum':2,'maximum':4.9}", List.of("3", "4"), List.of("2", "5")),
        row(
            "{'type':'string'}",
            List.of("''", "'a b'", "'\u4e2d\ud83e\udd89'", "'\\n\\t\\b\\f\\r'", "'\\\\'", "'/'"),
            List.of("'", "'\n'", "'\\'", "'\\x'", "'\\u0041'", "'\\/'", "'\u0001'", "a")),
        row(
            "{'type':'string','minLength':2,'maxLength':3}",
            List.of("'ab'", "'\u4e2d\ud83e\udd89\u4e2d'", "'\\n\\n'"),
            List.of("'a'", "'abcd'", "''")),
        row(
            "{'type':'string','pattern':'^[A-Z]{2}\\\\d+$'}",
            List.of("'AB1'", "'XY123'"), List.of("'AB'", "'aAB1'", "'AB1 '")),
        row("{'pattern':'b'}", List.of("'b'", "'abc'", "'\\nb'"), List.of("'ac'", "''")),
        row(
            "{'pattern':'^.*$','minLength':1,'maxLength':2}",
            List.of("'a'", "'\\u0001'", "'\\'a'".replace("\\'", "\\\"").replace('"', '\'')),
            List.of("''", "'abc'", "'\\n'")),
        row(
            "{'enum':['red','\u4e2d',3,null,true,[1,'a'],{'k':1.50}]}",
            List.of("'red'", "'\u4e2d'", "3", "null", "true", "[1,'a']", "[1, 'a']", "{'k': 1.5}"),
            List.of("'blue'", "4", "false", "[1]", "{'k':2}")),
        row("{'type':'string','enum':['a',1]}", List.of("'a'"), List.of("1")),
        row("{'const':'a\\nb'}", List.of("'a\\nb'"), List.of("'a'", "'a\nb'")),
        row(
            "{'type':['string','null'],'maxLength':1}",
            List.of("null", "'a'"),
            List.of("'ab'", "1")),
        row(
            "{'type':'array','items':{'type':'boolean'}}",
            List.of("[]", "[true]", "[true,false]", "[true, false,true]"),
            List.of("[1]", "[true,]", "[true  ,true]", "[ true]", "[true,  true]")),
        row(
            "{'items':{'const':1},'minItems':2,'maxItems':3}",
            List.of("[1,1]", "[1,1, 1]"),
            List.of("[]", "[1]", "[1,1,1,1]")),
        row("{'items':{'const':1},'minItems':3}", List.of("[1,1,1,1,1]"), List.of("[1,1]")),
        row("{'items':{'const':1},'maxItems':1}", List.of("[]", "[1]"), List.of("[1,1]")),
        row("{'items':false}", List.of("[]"), List.of("[1]")),
        row("{'maxItems':0}", List.of("[]"), List.of("[1]")),
        row(
            "{'type':'object'}",
            List.of("{}", "{'a':1}", "{'a':{'b':[2]},'c':null}"),
            List.of("[]", "1", "{'a'}")),
        row(
            "{'type':'object','additionalProperties':false}",
            List.of("{}"),
            List.of("{'a':1}", "[]")),
        row(
            "{'type':'object','properties':{'a':{'const':1},'b':{'const':2},'c':{'const':3}},"
                + "'required':['b'],'additionalProperties':false}",
            List.of(
                "{'b':2}",
                "{'a':1,'b':2}",
                "{'b':2,'c':3}",
                "{'a':1,'b':2,'c':3}",
                "{'a': 1, 'b': 2}"),
            List.of(
                "{}", "{'a':1}", "{'a':1,'c':3}", "{'c':3,'b':2}", "{'b':2,'d':4}", "{'b':2,}")),
        row(
            "{'properties':{'a':{'const':1},'b':{'const':2}}}",
            List.of("{}", "{'a':1}", "{'b':2}", "{'a':1,'b':2}"),
            List.of("{,'b':2}", "{'a':1 ,'b':2}")),
        row(
            "{'properties':{'a':false,'b\\n\\u00e9':{'const':2}}}",
            List.of("{}", "{'b\\n\u00e9':2}"),
            List.of("{'a':1}")),
        row(
            "{'properties':{'n':{'type':'integer'},'m':{'type':'integer'}},'required':['n']}",
            List.of("{'n':12,'m':-7}", "{'n':12}"),
            List.of("{'m':1}")),
        row(
            "{'anyOf':[{'type':'integer'},{'type':'number'}]}",
            List.of("1", "1.5"),
            List.of("'1'")),
        row(
            "{'oneOf':[{'type':'integer'},{'type':'string','maxLength':1}]}",
            List.of("1", "'a'"),
            List.of("'ab'", "1.5")),
        row(
            "{'$ref':'#/$defs/pair~1s','$defs':{'pair/s':{'items':{'$ref':'#/$defs/x'},"
                + "'minItems':2,'maxItems':2},'x':{'const':'x'}}}",
            List.of("['x','x']"),
            List.of("['x']", "'x'")),
        row(
            "{'title':'t','description':'d','default':1,'examples':[1],'$id':'i','$schema':'s',"
                + "'$comment':'c','const':1}",
            List.of("1"),
            List.of("2")),
        row(
            "{}",
            List.of(
                "1", "'a'", "null", "[]", "{}", "[[[]]]", "{'a':{'b':[1,'x', null]}}", "[{},1]"),
            List.of("", "[[[[]]]]", "{'a':1,}", "[1 2]", "{1:2}")),
        row("true", List.of("0", "{'a': true}"), List.of("tru")));
  }

  @ParameterizedTest
  @MethodSource("table")
  void acceptsTheTextsOfItsValues(String schema, List<String> accepted, List<String> rejected) {
    Predicate<String> accepts = GuidedTexts.of(SchemaCompiler.compile(json(schema)));

    assertThat(accepted).allMatch(text -> accepts.test(json(text)));
    assertThat(rejected).noneMatch(text -> accepts.test(json(text)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'format':'email'}; #: the keyword 'format'",
        "{'properties':{'a':{'type':'string','format':'date'}}}; #/properties/a: the keyword"
            + " 'format'",
        "{'items':{'not':{}}}; #/items: the keyword 'not'",
        "{'allOf':[{}]}; #: the keyword 'allOf'",
        "{'anyOf':[{'type':'null'},{'uniqueItems':true}]}; #/anyOf/1: the keyword 'uniqueItems'",
        "{'properties':{'a/b':{'if':true}}}; #/properties/a~1b: the keyword 'if'",
        "{'type':'text'}; #/type: 'text' is no type",
        "{'type':3}; #/type: 3 is no type",
        "{'type':[]}; #/type: [] is no type",
        "{'type':'number','minimum':1}; #: 'minimum' is supported for integers alone",
        "{'type':'string','minItems':1}; #: 'minItems' is for none of the types declared",
        "{'minimum':'1'}; #/minimum: '1' is no number",
        "{'maximum':1e30}; #/maximum: has more than 18 digits",
        "{'maximum':1e999999999}; #/maximum: has more than 18 digits",
        "{'minimum':1e-999999999}; #/minimum: has more than 18 digits",
        "{'minLength':-1}; #/minLength: -1 is no number",
        "{'maxItems':1.5}; #/maxItems: 1.5 is no number",
        "{'pattern':1}; #/pattern: is no string",
        "{'pattern':'(?=a)'}; #/pattern: of groups",
        "{'enum':[]}; #/enum: is no array with",
        "{'enum':1}; #/enum: is no array with",
        "{'anyOf':[]}; #/anyOf: is no array with",
        "{'anyOf':[1]}; #/anyOf/0: is neither an object nor",
        "{'oneOf':[{'type':'integer'},{'type':'number'}]}; #/oneOf: the alternatives 0 and 1"
            + " overlap",
        "{'properties':[]}; #/properties: is no object",
        "{'properties':{'a':{}},'required':['b']}; #/required: 'b' is not among",
        "{'required':'a'}; #/required: is no array",
        "{'required':[1]}; #/required: holds 1",
        "{'additionalProperties':{}}; #/additionalProperties: is supported as true or false",
        "{'$ref':'#'}; #/$ref: '#' leads to itself",
        "{'$ref':'#/$defs/a','$defs':{'a':{'items':{'$ref':'#/$defs/a'}}}}; '#/$defs/a' leads to"
            + " itself",
        "{'$ref':'#/$defs/b'}; #/$ref: '#/$defs/b' leads nowhere",
        "{'$ref':'#b'}; #/$ref: '#b' leads nowhere",
        "{'$ref':'#/%zz'}; #/$ref: '#/%zz' leads nowhere",
        "{'$ref':'other.json'}; #/$ref: 'other.json' is not supported",
        "{'a':1,'a':2}; cannot be read: Duplicate",
        "{} {}; cannot be read",
        "{; cannot be read",
        "3; #: is neither an object nor true or false"
      })
  void whatIsNotSupportedIsRefusedWithItsPlace(String schema, String why) {
    assertThatThrownBy(() -> SchemaCompiler.compile(json(schema)))
        .isInstanceOf(OwlException.class)
        .hasMessageStartingWith("json_schema: ")
        .satisfies(e -> assertThat(json(String.valueOf(e.getMessage()))).contains(json(why)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "false",
        "{'type':'integer','minimum':3,'maximum':2}",
        "{'minLength':3,'maxLength':2}",
        "{'minItems':3,'maxItems':2}",
        "{'type':'string','const':1}",
        "{'properties':{'a':false},'required':['a']}",
        "{'const':'\\ud800'}",
        "{'items':false,'minItems':1}"
      })
  void aSchemaThatAllowsNothingHasNoTexts(String schema) {
    assertThat(BoundedAutomata.deterministic(SchemaCompiler.compile(json(schema))).getNumStates())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'string','maxLength':100000}",
        "{'items':{},'minItems':50}",
        "{'anyOf':[" + LONG + LONG + LONG + LONG + "{}]}",
        "{'$ref':'#/$defs/a','$defs':{'a':{'items':{'$ref':'#/$defs/b'},'maxItems':200},"
            + "'b':{'items':{'$ref':'#/$defs/c'},'maxItems':200},'c':{'type':'string'}}}"
      })
  void whatTakesTooMuchIsRefusedBeforeItDoes(String schema) {
    assertThatThrownBy(() -> BoundedAutomata.table(SchemaCompiler.compile(json(schema))))
        .isInstanceOf(BoundedAutomata.TooLargeException.class);
  }

  @Test
  void deepSchemasAreRefusedAndNotAnOverflow() {
    StringBuilder chain = new StringBuilder("{'$ref':'#/$defs/0','$defs':{");
    for (int i = 0; i < 1000; i++) {
      chain.append("'" + i + "':{'$ref':'#/$defs/" + (i + 1) + "'},");
    }

    assertThatThrownBy(() -> SchemaCompiler.compile(json(chain + "'1000':{}}}")))
        .hasMessageContaining("more than 100 schemas inside each other");
    assertThatThrownBy(
            () -> SchemaCompiler.compile("{\"items\":".repeat(5000) + "{}" + "}".repeat(5000)))
        .hasMessageContaining("nesting depth");
  }

  @Test
  void manyOptionalPropertiesTakeStatesInProportion() {
    StringBuilder schema = new StringBuilder("{'properties':{");
    for (int i = 0; i < 100; i++) {
      schema.append(i == 0 ? "" : ",").append("'property").append(i).append("':{'type':'string'}");
    }
    Predicate<String> accepts =
        GuidedTexts.of(SchemaCompiler.compile(json(schema.append("}}") + "")));

    assertThat(accepts.test(json("{'property3':'a', 'property77':''}"))).isTrue();
    assertThat(accepts.test(json("{'property77':'a', 'property3':''}"))).isFalse();
  }
}
