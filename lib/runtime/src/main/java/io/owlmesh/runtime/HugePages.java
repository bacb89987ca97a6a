// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Large pages for tensors. Weights are read from end to end for every token, and with pages of 4
 * KiB the processor looks up addresses as often as it reads. PyTorch asks Linux for large ones if
 * THP_MEM_ALLOC_ENABLE is 1 when it first allocates; 0 in the environment stays.
 */
final class HugePages {
  private static final String VARIABLE = "THP_MEM_ALLOC_ENABLE";

  private HugePages() {}

  /** Must come before the native library allocates; does nothing where there is no setenv. */
  @SuppressWarnings("restricted") // The build and the launcher allow native access.
  static void request() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> setenv = linker.defaultLookup().find("setenv");
    if (setenv.isEmpty()) {
      return;
    }
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      int keep = 0;
      int result =
          (int)
              linker
                  .downcallHandle(setenv.get(), type)
                  .invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom("1"), keep);
      if (result != 0) {
        throw new IllegalStateException("setenv refused " + VARIABLE);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new IllegalStateException(impossible); // The handle declares what it cannot throw.
    }
  }
}
