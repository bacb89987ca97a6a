// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.TorchZip;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnpicklerTest {
  private static Object load(byte[] pickle) {
    return Unpickler.load(pickle, "file");
  }

  private static void assertRefused(byte[] pickle, String message) {
    assertThatThrownBy(() -> load(pickle))
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.BAD_CHECKPOINT))
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "posix,system",
    "os,system",
    "nt,system",
    "builtins,eval",
    "builtins,getattr",
    "subprocess,Popen",
    "torch,load",
    "torch.hub,load",
    "torch._utils,_rebuild_tensor_v3",
    "numpy.core.multiarray,_reconstruct",
    "collections,OrderedDict.__init__"
  })
  void aCallOfAnythingElseIsRefusedByName(String module, String name) {
    byte[] pickle =
        new TorchZip().text("w").global(module, name).text("touch x").op(0x85, 'R').pickle();
    assertRefused(pickle, "names " + module + "." + name);
  }

  @Test
  void aGlobalFromTheStackIsRefusedByName() {
    byte[] pickle = new TorchZip().text("w").text("posix").text("system").op(0x93).pickle();
    assertRefused(pickle, "names posix.system");
  }

  @Test
  void anInstOpcodeIsRefusedByName() {
    byte[] pickle = new TorchZip().op('(').op('i').line("os").line("system").pickle();
    assertRefused(pickle, "names os.system");
  }

  @Test
  void opcodesThatMakeObjectsAreRefused() {
    assertRefused(new TorchZip().op('(', 'o').pickle(), "OBJ");
    assertRefused(new TorchZip().op(')', 0x81).pickle(), "NEWOBJ");
    assertRefused(new TorchZip().op(')', ')', 0x92).pickle(), "NEWOBJ");
    assertRefused(new TorchZip().op('i').line("collections").line("OrderedDict").pickle(), "INST");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x82, 0x83, 0x84})
  void extensionOpcodesAreRefused(int op) {
    assertRefused(new TorchZip().op(op, 1, 0, 0, 0).pickle(), "EXT");
  }

  @Test
  void aPersistentIdInTextIsRefused() {
    assertRefused(new TorchZip().op('P').line("../../etc/passwd").pickle(), "PERSID");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../x", "/etc/passwd", "", "0/../1", "a", "1234567890123456789012"})
  void aStorageKeyThatIsNoNumberIsRefused(String key) {
    byte[] pickle =
        new TorchZip().tensor("w", "FloatStorage", key, 1, 0, List.of(1), List.of(1)).pickle();
    assertRefused(pickle, "storage key '" + key + "'");
  }

  @Test
  void aPersistentIdThatIsNoStorageIsRefused() {
    assertRefused(new TorchZip().text("w").text("module").op('Q').pickle(), "not a storage");
    assertRefused(
        new TorchZip().text("w").op('(').text("module").op('t', 'Q').pickle(), "not a storage");
  }

  @Test
  void unknownStorageClassesAreRefusedByName() {
    byte[] pickle =
        new TorchZip().tensor("w", "DoubleStorage", "0", 1, 0, List.of(1), List.of(1)).pickle();
    assertRefused(pickle, "names torch.DoubleStorage");
  }

  @Test
  void stateIsAcceptedForDictionariesAlone() {
    byte[] ordered =
        "\u0080\u0002ccollections\nOrderedDict\n)R}(X\u0009\u0000\u0000\u0000_metadata}ub."
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThat(load(ordered)).isEqualTo(Map.of());
    assertRefused(new TorchZip().op('N', '}', 'b').pickle(), "BUILD");
    assertRefused(
        new TorchZip().text("w").global("torch", "FloatStorage").op('}', 'b').pickle(), "BUILD");
  }

  @Test
  void argumentsThatTorchDoesNotWriteAreRefused() {
    assertRefused(
        new TorchZip().global("collections", "OrderedDict").op('N', 0x85, 'R').pickle(), "calls");
    assertRefused(
        new TorchZip().global("torch._utils", "_rebuild_tensor_v2").op(')', 'R').pickle(), "calls");
    assertRefused(new TorchZip().text("posix.system").op(')', 'R').pickle(), "calls a value");
  }

  @Test
  void keysThatCouldContainThemselvesAreRefused() {
    assertRefused(new TorchZip().op(']', 'q', 0, 'h', 0, 'a').op('N').pickle(), "key");
    assertRefused(new TorchZip().op(')').op('N').pickle(), "key");
  }

  @Test
  void boundsHoldForMarksStackAndNumbers() {
    TorchZip marks = new TorchZip();
    TorchZip values = new TorchZip();
    for (int i = 0; i < 1_000_001; i++) {
      values.op('N');
      if (i < 1_001) {
        marks.op('(');
      }
    }
    assertRefused(marks.pickle(), "nested");
    assertRefused(values.pickle(), "values at once");
    assertRefused(new TorchZip().op(0x8a, 9).pickle(), "number of 9 bytes");
    assertRefused(new TorchZip().op('X', 255, 255, 255, 255).pickle(), "length");
    assertRefused(new TorchZip().op('X', 255, 255, 0, 0).pickle(), "truncated");
    assertRefused(new TorchZip().op('h', 7).pickle(), "no remembered value");
    assertRefused(new TorchZip().op('R').pickle(), "value is missing");
    assertRefused(new byte[] {(byte) 0x80, 1, '.'}, "protocol 1");
    assertRefused(new byte[] {'I', '1', '\n', '.'}, "opcode 0x49");
  }

  @Test
  void signedNumbersOfAnyWidthAreRead() {
    assertThat(load(new byte[] {(byte) 0x8a, 2, 0, (byte) 0x80, '.'})).isEqualTo(-32768L);
    assertThat(load(new byte[] {(byte) 0x8a, 0, '.'})).isEqualTo(0L);
    assertThat(load(new byte[] {'J', -1, -1, -1, -1, '.'})).isEqualTo(-1L);
  }

  @Test
  void noDamageOfAPickleEscapesAsAnotherException() {
    byte[] sound =
        new TorchZip()
            .tensor("w", "FloatStorage", "0", 6, 0, List.of(2, 3), List.of(3, 1))
            .pickle();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = sound.clone();
      for (int j = 0; j < 1 + i % 3; j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        load(damaged);
      } catch (OwlException e) {
        assertThat(e.fault()).isEqualTo(Fault.BAD_CHECKPOINT);
      }
    }
  }
}
