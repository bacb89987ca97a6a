// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.random;

import io.owlmesh.core.DType;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * Initial values of tensors, as the authors initialise: biases zero, norms one, everything else
 * normal with deviation 0.02. Their truncated normal cuts at two, a hundred deviations away, so it
 * is a plain one here. Query tokens, zero in their code, are normal too: queries that start equal
 * stay equal.
 *
 * <p>Sampling seven thousand million normals would take longer than writing them. So a block of
 * four million is sampled once, and a tensor is made of runs of it from random places, other ones
 * for each name. The marginal distribution is right and no two tensors are alike; distant elements
 * of a large tensor may repeat, which no use of random weights minds.
 *
 * <p>Every value is a bfloat16 number that float16 holds as well, so a seed gives the same model in
 * each element type.
 */
final class RandomWeights {
  private static final int BLOCK = 1 << 22;
  private static final double DEVIATION = 0.02;

  /** The smallest bfloat16 magnitude of which float16 holds every bit. */
  private static final float SMALLEST = 0x1p-17f;

  private final DType dtype;
  private final long seed;
  private final ByteBuffer normals;
  private final ByteBuffer ones;
  private final ByteBuffer zeros;

  RandomWeights(DType dtype, long seed) {
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException(dtype + " is not a floating point type");
    }
    this.dtype = dtype;
    this.seed = seed;
    this.normals = allocate(BLOCK, dtype);
    this.ones = allocate(1024, dtype);
    this.zeros = allocate(1024, dtype);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < BLOCK; i++) {
      put(normals, dtype, (float) (random.nextGaussian() * DEVIATION));
    }
    for (int i = 0; i < 1024; i++) {
      put(ones, dtype, 1);
    }
  }

  private static ByteBuffer allocate(int elements, DType dtype) {
    return ByteBuffer.allocateDirect(elements * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void put(ByteBuffer buffer, DType dtype, float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounded = bits + 0x7FFF + ((bits >>> 16) & 1); // to nearest, ties to even
    float exact = Float.intBitsToFloat(rounded & 0xFFFF0000);
    float kept = Math.abs(exact) < SMALLEST ? 0 : exact;
    switch (dtype) {
      case FLOAT32 -> buffer.putFloat(kept);
      case FLOAT16 -> buffer.putShort(Float.floatToFloat16(kept));
      case BFLOAT16 -> buffer.putShort((short) (Float.floatToRawIntBits(kept) >>> 16));
      case UINT8, INT8, INT32, INT64, BOOL -> throw new IllegalArgumentException("" + dtype);
    }
  }

  /** Writes the values of a tensor; the same for the same seed, name and count. */
  void fill(String name, long elements, CheckpointWriter.Sink sink) throws IOException {
    if (name.endsWith(".bias")) {
      repeat(zeros, elements, sink);
    } else if (isNorm(name)) {
      repeat(ones, elements, sink);
    } else {
      normals(new SplittableRandom(seed * 31 + name.hashCode()), elements, sink);
    }
  }

  private static boolean isNorm(String name) {
    return name.matches("(?i).*(norm|norm1|norm2|normk|ffn_ln|ln_f)\\.weight");
  }

  private void normals(SplittableRandom random, long elements, CheckpointWriter.Sink sink)
      throws IOException {
    long left = elements;
    while (left > 0) {
      int start = random.nextInt(BLOCK / 2);
      int count = (int) Math.min(left, BLOCK - start);
      sink.write(normals.slice(start * dtype.bytes(), count * dtype.bytes()));
      left -= count;
    }
  }

  private void repeat(ByteBuffer values, long elements, CheckpointWriter.Sink sink)
      throws IOException {
    int capacity = values.capacity() / dtype.bytes();
    for (long left = elements; left > 0; left -= capacity) {
      sink.write(values.slice(0, (int) Math.min(left, capacity) * dtype.bytes()));
    }
  }
}
