// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.primitives.Ints;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.TokenHistory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a model that knows nothing, with the tokenisers of real ones. */
class ConstraintsTest {
  private static final int EOS = 2;
  private static final int MOST = 2000;
  private static final Path RESOURCES = Path.of("../lib/model/src/test/resources");
  private static final Tokenizer PIECES =
      Tokenizer.open(RESOURCES.resolve("owl-tiny/checkpoints/safetensors"));
  private static final List<Tokenizer> TOKENIZERS =
      List.of(PIECES, Tokenizer.open(RESOURCES.resolve("text")));

  /** A prompt of three positions, one of them visual, and an answer. */
  private record Said(List<Integer> answer) implements TokenHistory {
    @Override
    public int length() {
      return 3 + answer.size();
    }

    @Override
    public int promptLength() {
      return 3;
    }

    @Override
    public int id(int position) {
      return position < 3 ? -1 : answer.get(position - 3);
    }
  }

  private static List<Integer> allowed(LogitsProcessor rule, List<Integer> answer, int vocabulary) {
    float[] logits = new float[vocabulary];
    rule.apply(logits, new Said(answer));
    List<Integer> allowed = new ArrayList<>();
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] == 0) {
        allowed.add(id);
      }
    }
    return allowed;
  }

  /** Any of the tokens that may come, again and again; the end as often as all others together. */
  private static String answer(LogitsProcessor rule, Tokenizer tokenizer, long seed) {
    Random random = new Random(seed);
    List<Integer> answer = new ArrayList<>();
    while (answer.size() < MOST) {
      List<Integer> allowed = allowed(rule, answer, tokenizer.size() + 5);
      if (allowed.equals(List.of(EOS)) || (allowed.contains(EOS) && random.nextBoolean())) {
        return tokenizer.decode(Ints.toArray(answer));
      }
      allowed.remove(Integer.valueOf(EOS));
      answer.add(allowed.get(random.nextInt(allowed.size())));
    }
    throw new AssertionError("no end after " + MOST + " tokens");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(yes|no|maybe)",
        " ?[a-z]{1,12}( [a-z]{1,12}){0,5}[.!?]",
        " {2,3}x",
        "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2})?",
        "[\u4e00-\u9fff]{3,8}\u3002",
        "(\ud83e\udd89|\u00e9|[\u0400-\u04ff]){2,6}",
        ".{0,40}",
        "[^a-z]{5,9}",
        "\"[^\"\\n]{0,20}\""
      })
  void everyAnswerMatchesTheExpression(String regex) {
    for (Tokenizer tokenizer : TOKENIZERS) {
      LogitsProcessor rule = new Constraints(tokenizer, EOS).regex(regex);
      for (long seed = 0; seed < 40; seed++) {
        assertThat(answer(rule, tokenizer, seed)).matches(regex);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'object','properties':{'name':{'type':'string','maxLength':12},'age':{'type':"
            + "'integer','minimum':0,'maximum':150},'tags':{'type':'array','items':{'enum':['red',"
            + "'\u4e2d\u6587','a\\\\b']},'maxItems':3},'ok':{'type':['boolean','null']}},'required':"
            + "['name','ok'],'additionalProperties':false}",
        "{'anyOf':[{'type':'number'},{'type':'string','pattern':'^[a-z\\u00e9\\n]{0,9}$'}]}",
        "{'type':'array','items':{'oneOf':[{'const':{'k':[1,2.5,null]}},{'$ref':'#/$defs/p'}]},"
            + "'minItems':1,'maxItems':4,'$defs':{'p':{'properties':{'x':{'type':'number'}},"
            + "'required':['x']}}}",
        "{'type':'object','properties':{'k':{'type':'string'},'x':{'type':'integer'}},'required':"
            + "['k','x'],'anyOf':[{'properties':{'k':{'const':'p'}}},{'properties':{'k':"
            + "{'const':'q'}}}]}",
        "{'type':'object','properties':{'price':{'anyOf':[{'type':'number','exclusiveMinimum':0,"
            + "'maximum':99.95,'multipleOf':0.05},{'type':'string','pattern':"
            + "'^(?!^[-+.]*$)[+-]?0*\\\\d{0,3}\\\\.?\\\\d{0,3}$'}]},'when':{'type':'string','format':"
            + "'date-time'},'id':{'format':'uuid','type':'string'},'at':{'type':'array',"
            + "'prefixItems':[{'type':'number','minimum':-90,'maximum':90},{'type':'number',"
            + "'minimum':-1.5e2,'exclusiveMaximum':180}],'minItems':2,'maxItems':2},'kinds':{'type':"
            + "'array','items':{'enum':['a','b','c']},'uniqueItems':true},'to':{'type':'string',"
            + "'format':'email'},'host':{'type':'string','format':'ipv4'}},'required':['price',"
            + "'when','id','at','kinds','to','host'],'additionalProperties':false,'title':'Offer'}",
        "{'$defs':{'Tree':{'properties':{'name':{'maxLength':3,'type':'string'},'children':{'items':"
            + "{'$ref':'#/$defs/Tree'},'type':'array','maxItems':2}},'required':['name','children'],"
            + "'type':'object'}},'$ref':'#/$defs/Tree'}",
        "{'type':'object','propertyNames':{'type':'string','pattern':'^[a-z]{1,3}$'},"
            + "'additionalProperties':{'type':'integer','exclusiveMinimum':-5,'maximum':5}}",
        "{'oneOf':[{'properties':{'kind':{'const':'cat','type':'string'},'lives':{'type':'integer',"
            + "'minimum':1,'maximum':9}},'required':['kind','lives'],'type':'object'},{'properties':"
            + "{'kind':{'const':'owl','type':'string'},'wise':{'type':'boolean'}},'required':"
            + "['kind','wise'],'type':'object'}],'discriminator':{'propertyName':'kind'}}"
      })
  void everyAnswerIsAValueOfTheSchema(String readable) throws IOException {
    String text = readable.replace('\'', '"');
    var schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
    for (Tokenizer tokenizer : TOKENIZERS) {
      LogitsProcessor rule = new Constraints(tokenizer, EOS).jsonSchema(text);
      for (long seed = 0; seed < 40; seed++) {
        String answer = answer(rule, tokenizer, seed);
        assertThat(schema.validate(new JsonMapper().readTree(answer))).as(answer).isEmpty();
      }
    }
  }

  @Test
  void whatMayComeAreTheTokensThatLeadToAnEnd() {
    Constraints constraints = new Constraints(PIECES, EOS);
    List<String> texts = List.of("owl", "owls", " owl", "the owl", "\u4e2d");
    LogitsProcessor rule = constraints.regex(String.join("|", texts));
    // Every text by every cut of it into tokens.
    List<List<Integer>> open = new ArrayList<>(List.of(List.of()));
    while (!open.isEmpty()) {
      List<Integer> begun = open.removeLast();
      Set<Integer> expected = new HashSet<>();
      for (int id = 0; id < PIECES.size(); id++) {
        List<Integer> next = new ArrayList<>(begun);
        next.add(id);
        byte[] bytes = bytes(next);
        boolean adds = PIECES.bytes(id, begun.isEmpty()).length > 0;
        if (adds && texts.stream().anyMatch(text -> begins(text, bytes))) {
          expected.add(id);
          open.add(next);
        }
      }
      if (texts.contains(PIECES.decode(Ints.toArray(begun)))) {
        expected.add(EOS);
      }
      assertThat(allowed(rule, begun, PIECES.size())).hasSameElementsAs(expected);
    }
  }

  private static byte[] bytes(List<Integer> ids) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < ids.size(); i++) {
      bytes.writeBytes(PIECES.bytes(ids.get(i), i == 0));
    }
    return bytes.toByteArray();
  }

  private static boolean begins(String text, byte[] bytes) {
    byte[] all = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= all.length
        && Arrays.mismatch(Arrays.copyOf(all, bytes.length), bytes) < 0;
  }

  @Test
  void anAnswerThatBrokeItsConstraintIsADefect() {
    LogitsProcessor rule = new Constraints(PIECES, EOS).regex("a+");
    int wrong = PIECES.encode("owl")[0];

    assertThatThrownBy(() -> rule.apply(new float[PIECES.size()], new Said(List.of(wrong))))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("left its constraint");
  }

  @Test
  void aConstraintThatComesAgainIsNotCompiledAgain() {
    Constraints constraints = new Constraints(PIECES, EOS);
    LogitsProcessor regex = constraints.regex("true");

    assertThat(constraints.regex("true")).isSameAs(regex);
    assertThat(constraints.jsonSchema("true")).isNotSameAs(regex);
    for (int i = 0; i < 16; i++) {
      constraints.regex("a{" + i + "}");
    }
    assertThat(constraints.regex("true")).isNotSameAs(regex);
  }

  @Test
  void expressionsAndSchemasOutOfRangeAreRefusedByName() {
    Constraints constraints = new Constraints(PIECES, EOS);

    assertThatThrownBy(() -> constraints.regex("")).hasMessageContaining("regex: 0 characters");
    assertThatThrownBy(() -> constraints.regex("a".repeat(4097)))
        .hasMessageContaining("regex: 4097 characters, allowed are 1 to 4096");
    assertThatThrownBy(() -> constraints.regex("a(")).hasMessageContaining("at character 2");
    assertThatThrownBy(() -> constraints.regex("[^\\s\\S]"))
        .hasMessageContaining("regex: nothing matches it");
    assertThatThrownBy(() -> constraints.regex("((a{99}){99}){99}"))
        .hasMessageContaining("regex: needs an automaton of more than 20000 states");
    assertThatThrownBy(() -> constraints.jsonSchema(" ".repeat(65537)))
        .hasMessageContaining("json_schema: 65537 characters, allowed are 1 to 65536");
    assertThatThrownBy(() -> constraints.jsonSchema("false"))
        .hasMessageContaining("json_schema: nothing matches it");
  }
}
