// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.llm.guided.GuidedTexts;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
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
        row(
            "{'type':'integer','minimum':0.5,'exclusiveMaximum':3}",
            List.of("1", "2"),
            List.of("0", "3", "1.5")),
        row(
            "{'type':'integer','exclusiveMinimum':2,'maximum':4.9}",
            List.of("3", "4"),
            List.of("2", "5")),
        row(
            "{'type':'integer','minimum':-9223372036854775808,'maximum':9223372036854775807}",
            List.of("999999999999999999", "-5"),
            List.of("1.0")),
        row(
            "{'type':'number','minimum':-0.25,'exclusiveMaximum':1.5}",
            List.of("-0.25", "-0.2500", "0", "1.49", "1", "-0"),
            List.of("-0.26", "-1", "1.5", "1.50", "2", "1e-1")),
        row(
            "{'exclusiveMinimum':0,'maximum':1e999999999}",
            List.of("0.001", "7", "12.5"),
            List.of("0", "0.0", "-0", "-1")),
        row(
            "{'type':'number','exclusiveMinimum':-1e-999999999,'exclusiveMaximum':1e-999999999}",
            List.of("0", "-0.0"),
            List.of("0.1", "-0.1")),
        row(
            "{'type':'integer','multipleOf':7,'maximum':100}",
            List.of("0", "-7", "98", "-7000"),
            List.of("1", "105", "99")),
        row(
            "{'type':'number','multipleOf':0.25,'minimum':0}",
            List.of("0", "0.25", "0.5", "0.50", "3", "12.75"),
            List.of("0.3", "0.125", "-0.25")),
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
        row(
            "{'type':'integer','enum':[1,1234567890123456789,1.5,2.0],'maximum':1e30}",
            List.of("1", "1234567890123456789", "2"),
            List.of("1.5", "123456789012345678")),
        row(
            "{'type':'string','enum':['a\\u0001','abc\\u007f','long enough'],'maxLength':4}",
            List.of("'a\\u0001'", "'abc\u007f'"),
            List.of("'long enough'")),
        row(
            "{'enum':[{'b':1,'a':2},{'b':1},{'a':'x','b':1}],'required':['a'],"
                + "'properties':{'a':{'type':'integer'},'b':{}}}",
            List.of("{'b':1,'a':2}"),
            List.of("{'b':1}", "{'a':2,'b':1}", "{'a':'x','b':1}")),
        row("{'enum':[[[[[[1]]]]],1],'type':'array'}", List.of("[[[[[1]]]]]"), List.of("1")),
        row("{'enum':['a',1]}", List.of("'a'", "1"), List.of("2")),
        row(
            "{'enum':['ab','b'],'pattern':'^a','anyOf':[{'minLength':2},{'const':'b'}]}",
            List.of("'ab'"),
            List.of("'b'")),
        row("{'type':'string','pattern':'^\\\\S$'}", List.of("'a'"), List.of("'\u3000'")),
        row(
            "{'pattern':'^[^\\\\s-]+$'}",
            List.of("'ab'"),
            List.of("'a b'", "'\u00a0'", "'\ufeff'", "'-'")),
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
            "{'type':'object','properties':{'k':{'type':'string'},'x':{'type':'integer'}},"
                + "'required':['k','x'],'anyOf':[{'properties':{'k':{'const':'p'}}},"
                + "{'properties':{'k':{'const':'q'},'y':{'const':1}}}]}",
            List.of("{'k':'p','x':1}", "{'k':'q','x':1}", "{'k':'q','x':2,'y':1}"),
            List.of("{'k':'r','x':1}", "{'k':'p'}", "{'k':'p','x':2,'y':1}")),
        row(
            "{'allOf':[{'$ref':'#/$defs/a'},{'properties':{'b':{'const':2}},'required':['b']}],"
                + "'properties':{'c':{'const':3}},'$defs':{'a':{'type':'object',"
                + "'properties':{'a':{'const':1}},'required':['a']}}}",
            List.of("{'c':3,'a':1,'b':2}", "{'a':1,'b':2}"),
            List.of("{'a':1}", "{'b':2}", "{'c':3}")),
        row(
            "{'$ref':'#/$defs/a','properties':{'b':{'const':2}},'$defs':{'a':{"
                + "'properties':{'a':{'const':1}},'additionalProperties':false}}}",
            List.of("{}", "{'a':1}"),
            List.of("{'b':2}", "{'a':1,'b':2}")),
        row(
            "{'properties':{'a':{'type':'integer','minimum':3}},'allOf':[{'properties':"
                + "{'a':{'maximum':5}}}]}",
            List.of("{}", "{'a':3}", "{'a':5}"),
            List.of("{'a':2}", "{'a':6}", "{'a':'x'}")),
        row(
            "{'type':'object','properties':{'a':{'const':1},'b':{'const':2}},"
                + "'anyOf':[{'required':['a']},{'required':['b']}]}",
            List.of("{'a':1}", "{'b':2}", "{'a':1,'b':2}"),
            List.of("{}")),
        row(
            "{'properties':{'a':{'const':1}},'required':['a','b']}",
            List.of("{'a':1,'b':[2]}"),
            List.of("{'a':1}")),
        row(
            "{'type':'object','additionalProperties':{'type':'integer'}}",
            List.of("{}", "{'a':1}", "{'a':1, 'b':2}"),
            List.of("{'a':'x'}", "{'a':1,}")),
        row(
            "{'properties':{'a':{'const':true}},'required':['a'],"
                + "'additionalProperties':{'type':'integer'}}",
            List.of("{'a':true}", "{'a':true,'b':1}", "{'a':true,'ab':1,'c':2}"),
            List.of("{'a':true,'a':1}", "{'b':1}", "{'b':1,'a':true}")),
        row(
            "{'type':'object','propertyNames':{'enum':['x','y']},"
                + "'additionalProperties':{'type':'boolean'}}",
            List.of("{'x':true}", "{'y':false,'x':true}"),
            List.of("{'z':true}", "{'x':1}")),
        row(
            "{'type':'array','prefixItems':[{'const':1},{'const':2}],'minItems':1}",
            List.of("[1]", "[1,2]", "[1, 2]"),
            List.of("[]", "[2]", "[1,2,3]")),
        row(
            "{'prefixItems':[{'const':1}],'items':{'const':2},'maxItems':3}",
            List.of("[]", "[1]", "[1,2,2]"),
            List.of("[2]", "[1,1]", "[1,2,2,2]")),
        row(
            "{'prefixItems':[{'const':1},{'const':2},{'const':3}],'maxItems':2}",
            List.of("[]", "[1,2]"),
            List.of("[1,2,3]")),
        row(
            "{'items':{'enum':['a','b',1,1.0]},'uniqueItems':true,'minItems':1,'maxItems':2}",
            List.of("['a']", "['b', 'a']", "[1,'a']"),
            List.of("[]", "['a','a']", "['a','b',1]", "[1,1.0]", "['a',]")),
        row(
            "{'items':{'type':['boolean','null']},'uniqueItems':true}",
            List.of("[]", "[null,true,false]"),
            List.of("[true,true]")),
        row(
            "{'$ref':'#/$defs/n','$defs':{'n':{'properties':{'v':{'const':1},'next':{'anyOf':["
                + "{'$ref':'#/$defs/n'},{'type':'null'}]}},'required':['v','next']}}}",
            List.of("{'v':1,'next':null}", "{'v':1,'next':{'v':1,'next':{'v':1,'next':null}}}"),
            List.of("{'v':1}", "{'v':1,'next':{}}")),
        row(
            "{'type':'object','properties':{'c':{'type':'array','items':{'$ref':'#'}}},"
                + "'required':['c'],'additionalProperties':false}",
            List.of("{'c':[]}", "{'c':[{'c':[{'c':[]},{'c':[]}]}]}"),
            List.of("{}", "{'c':[{}]}")),
        row(
            "{'format':'date'}",
            List.of("'2024-02-29'", "'2000-02-29'", "'0001-12-31'"),
            List.of(
                "'2023-02-29'", "'1900-02-29'", "'0000-01-01'", "'2024-04-31'", "'2024-13-01'")),
        row(
            "{'format':'date-time'}",
            List.of("'2024-02-29T23:59:59Z'", "'1999-01-01T00:00:00.123+02:00'"),
            List.of("'2024-02-29'", "'2024-02-29T24:00:00Z'", "'2024-02-29T00:00:00'")),
        row("{'format':'time'}", List.of("'08:00:00Z'"), List.of("'8:00:00Z'", "'08:00'")),
        row("{'format':'duration'}", List.of("'P1DT2H'", "'PT5M'"), List.of("'P'", "'1D'", "'PT'")),
        row(
            "{'format':'uuid'}",
            List.of("'123e4567-e89b-12d3-a456-426614174000'"),
            List.of("'123e4567e89b12d3a456426614174000'", "''")),
        row(
            "{'format':'email','maxLength':9}",
            List.of("'a@b.example'".replace("example", "cd")),
            List.of("'a@b'", "'@b.cd'", "'a@b.example'")),
        row("{'format':'uri'}", List.of("'https://a.b/c?d=e#f'"), List.of("'a b'", "'/c'", "''")),
        row("{'format':'ipv4'}", List.of("'127.0.0.1'"), List.of("'256.0.0.1'", "'01.0.0.1'")),
        row(
            "{'format':'ipv6'}",
            List.of("'::'", "'::1'", "'fe80::1:2'", "'1:2:3:4:5:6:7:8'", "'1:2:3:4:5:6::'"),
            List.of("':::'", "'1:2:3:4:5:6:7'", "'1::2::3'", "'12345::'")),
        row("{'type':'integer','format':'int64'}", List.of("7"), List.of("'7'")),
        row(
            "{'pattern':'^(?!\\\\.)(?!.*\\\\.\\\\.)[a-z.]+@[a-z]+$'}",
            List.of("'a.b@c'"),
            List.of("'.a@c'", "'a..b@c'", "'a@'")),
        row(
            "{'pattern':'^(?!^[-+.]*$)[+-]?0*\\\\d*\\\\.?\\\\d*$'}",
            List.of("'1.5'", "'-0'", "'.5'"),
            List.of("''", "'-'", "'.'", "'+.'")),
        row(
            "{'pattern':'^(?=.*[a-z])(?=.*\\\\d).{3,4}$'}",
            List.of("'ab1'", "'1a--'"),
            List.of("'abc'", "'a1'", "'12345'")),
        row("{'type':'string','minItems':1}", List.of("'a'"), List.of("[1]")),
        row("{'anyOf':[{'not':{}},{'const':1}]}", List.of("1"), List.of("2")),
        row(
            "{'const':1,'deprecated':true,'nullable':true,'readOnly':true,'x-order':7,"
                + "'discriminator':{'propertyName':'k'}}",
            List.of("1"),
            List.of("null")),
        row(
            "{'oneOf':[{'properties':{'k':{'const':'p'},'a':{'const':1}},'required':['k']},"
                + "{'properties':{'k':{'const':'q'},'b':{'const':2}},'required':['k']}],"
                + "'type':'object','properties':{'z':{'type':'null'}}}",
            List.of("{'z':null,'k':'p','a':1}", "{'k':'q'}"),
            List.of("{'k':'p','b':2}", "{'z':null}")),
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
        "{'properties':{'a/b':{'if':true}}}; #/properties/a~1b: the keyword 'if'",
        "{'type':'text'}; #/type: 'text' is no type",
        "{'type':3}; #/type: 3 is no type",
        "{'type':[]}; #/type: [] is no type",
        "{'minimum':'1'}; #/minimum: '1' is no number",
        "{'minLength':-1}; #/minLength: -1 is no number",
        "{'maxItems':1.5}; #/maxItems: 1.5 is no number",
        "{'pattern':1}; #/pattern: is no string",
        "{'enum':[]}; #/enum: is no array with",
        "{'enum':1}; #/enum: is no array with",
        "{'anyOf':[]}; #/anyOf: is no array with",
        "{'anyOf':[1]}; #/anyOf/0: is neither an object nor",
        "{'oneOf':[{'type':'integer'},{'type':'number'}]}; #/oneOf: the alternatives 0 and 1"
            + " overlap",
        "{'properties':[]}; #/properties: is no object",
        "{'required':'a'}; #/required: is no array",
        "{'required':[1]}; #/required: holds 1",
        "{'$ref':'#'}; '#' leads to itself",
        "{'anyOf':[{'$ref':'#'},{'const':1}]}; '#' leads to itself",
        "{'format':'colour'}; #/format: 'colour' is not supported; known are [date, ",
        "{'properties':{'a':{'pattern':'(a(?=b))'}}}; #/properties/a/pattern: of groups",
        "{'items':{'not':{'const':1}}}; #/items/not: is supported as {} alone",
        "{'allOf':[{},{'patternProperties':{}}]}; #/allOf/1: the keyword 'patternProperties'",
        "{'items':{'type':'string'},'uniqueItems':true}; #/uniqueItems: is supported where",
        "{'items':{'enum':[1,2,3,4,5,6,7,8,9]},'uniqueItems':true}; #/uniqueItems: 9 items",
        "{'uniqueItems':1}; #/uniqueItems: is neither true nor false",
        "{'multipleOf':0}; #/multipleOf: 0 is not above 0",
        "{'type':'integer','multipleOf':1e999999999}; #/multipleOf: has digits",
        "{'multipleOf':1e-999999999}; #/multipleOf: has digits",
        "{'multipleOf':'1'}; #/multipleOf: '1' is no number",
        "{'additionalProperties':7}; #/additionalProperties: is neither an object",
        "{'allOf':{}}; #/allOf: is no array with",
        "{'oneOf':[{'properties':{'a':{'const':1}},'required':['a']},{'properties':{'b':{}}}]};"
            + " #/oneOf: the alternatives 0 and 1 overlap",
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
        "{'items':false,'minItems':1}",
        "{'allOf':[{'type':'string'},{'type':'integer'}]}",
        "{'not':{}}",
        "{'enum':[1,2],'minimum':3}",
        "{'properties':{'n':{'$ref':'#'}},'required':['n']}",
        "{'allOf':[{'properties':{'a':{}},'additionalProperties':false},{'required':['b']}]}"
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
