// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.owlmesh.core.DType;
import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.image.codec.Picture;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.model.image.codec.WebPReader;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.LoadingLog;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.vision.VisionEncoder;
import io.owlmesh.stage.BatchCounts;
import io.owlmesh.stage.DynamicBatcher;
import io.owlmesh.stage.StageEngine;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jboss.logging.Logger;

/**
 * Image file -> features [P, D]. Files are decoded by a few threads, then encoded in batches by the
 * one thread that owns the encoder.
 */
public final class VisionEngine implements StageEngine {
  private static final Logger LOG = Logger.getLogger(VisionEngine.class);

  private final String digest;
  private final ModelConfig config;
  private final VisionEncoder encoder;
  private final PictureDecoder decoder;
  private final ImageProcessor processor;
  private final ThreadPoolExecutor decoders;
  private final DynamicBatcher<HostTensor, HostTensor> batcher;

  /**
   * What became of an image.
   *
   * @param features [P, D]
   * @param contentKey of the pixels
   * @param picture [S, S, 3] unsigned, as the encoder sees it; empty unless it was asked for
   * @param queueNanos waiting, for a decoder and for the encoder
   * @param prepareNanos decoding and resizing
   * @param computeNanos of the batch
   * @param batch number of the batch
   * @param batchSize images encoded together
   */
  record Encoded(
      HostTensor features,
      String contentKey,
      @SuppressWarnings("ArrayRecordComponent") byte[] picture,
      long queueNanos,
      long prepareNanos,
      long computeNanos,
      long batch,
      int batchSize) {}

  private record Input(
      HostTensor pixels,
      String contentKey,
      @SuppressWarnings("ArrayRecordComponent") byte[] picture) {}

  private record Prepared(Input input, long queueNanos, long nanos) {}

  VisionEngine(VisionConfig settings) {
    Checkpoint checkpoint = Checkpoint.open(settings.checkpoint());
    config = checkpoint.config();
    digest = WeightsDigest.of(checkpoint, Part.VISION);
    EngineOptions options =
        new EngineOptions(settings.device(), Precision.named(settings.dtype()), settings.threads());
    encoder = VisionEncoder.load(checkpoint, options, LoadingLog.of(checkpoint, Part.VISION));
    decoder =
        new PictureDecoder(
            new PictureLimits(
                settings.maxImageBytes(), settings.maxImagePixels(), settings.maxImageSide()));
    WebPReader.missing()
        .ifPresent(why -> LOG.warn("WebP is refused: libwebp could not be loaded", why));
    processor = config.imageProcessor();
    decoders = decoders(settings.decoders(), settings.queue());
    batcher =
        new DynamicBatcher<>("vision", settings.maxBatch(), settings.queue(), encoder::encode);
    warmUp();
  }

  /** The first images make the engine plan and allocate, which no caller should wait for. */
  private void warmUp() {
    int size = config.imageSize();
    HostTensor blank = HostTensor.ofFloats(new float[3 * size * size], 3, size, size);
    for (int i = 0; i < 2; i++) {
      batcher.submit(blank, Long.MAX_VALUE).join();
    }
    batcher.warmedUp();
  }

  private static ThreadPoolExecutor decoders(int threads, int queue) {
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return new ThreadPoolExecutor(
        count,
        count,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(queue),
        Thread.ofPlatform().name("decode-", 0).daemon(true).factory());
  }

  /**
   * Encodes an image; cancelling the future gives it up.
   *
   * @param file the image file
   * @param picture whether the picture as the encoder sees it is wanted, too
   * @param deadline {@link System#nanoTime} after which nobody wants it
   * @throws OwlException SATURATED if too many wait
   */
  CompletableFuture<Encoded> encode(ByteBuffer file, boolean picture, long deadline) {
    long arrived = System.nanoTime();
    CompletableFuture<Encoded> result = new CompletableFuture<>();
    try {
      decoders.execute(() -> prepare(file, picture, arrived, deadline, result));
    } catch (RejectedExecutionException e) {
      throw new OwlException(
          Fault.SATURATED, "", decoders.getQueue().size() + " images wait to be decoded", e);
    }
    return result;
  }

  /**
   * Encodes pixels [3, S, S] that the caller has prepared, else as above.
   *
   * @throws OwlException SATURATED if too many wait
   */
  CompletableFuture<DynamicBatcher.Done<HostTensor>> encode(HostTensor pixels, long deadline) {
    return batcher.submit(pixels, deadline);
  }

  private void prepare(
      ByteBuffer file,
      boolean picture,
      long arrived,
      long deadline,
      CompletableFuture<Encoded> result) {
    if (result.isDone()) {
      return;
    }
    try {
      long begin = System.nanoTime();
      Input input = decoder.decode(file, decoded -> inputOf(decoded, picture));
      submit(new Prepared(input, begin - arrived, System.nanoTime() - begin), deadline, result);
    } catch (Throwable e) {
      // The caller must hear of everything, also of an OutOfMemoryError.
      result.completeExceptionally(e);
    }
  }

  private Input inputOf(Picture picture, boolean wanted) {
    byte[] square = processor.square(picture, processor.size());
    return new Input(
        processor.normalise(square), processor.contentKey(picture), wanted ? square : new byte[0]);
  }

  private void submit(Prepared image, long deadline, CompletableFuture<Encoded> result) {
    CompletableFuture<DynamicBatcher.Done<HostTensor>> batch =
        batcher.submit(image.input.pixels, deadline);
    result.whenComplete((_, _) -> batch.cancel(false));
    batch.whenComplete((done, failure) -> {
      if (failure != null) {
        result.completeExceptionally(failure);
      } else {
        result.complete(
            new Encoded(
                done.value(),
                image.input.contentKey,
                image.input.picture,
                image.queueNanos + done.queueNanos(),
                image.nanos,
                done.computeNanos(),
                done.batch(),
                done.batchSize()));
      }
    });
  }

  /** Also the images that wait to be decoded. */
  @Override
  public Load load() {
    Load load = batcher.load();
    int decoding = decoders.getQueue().size() + decoders.getActiveCount();
    return load.toBuilder()
        .setWaiting(load.getWaiting() + decoding)
        .setWaitingPositions(load.getWaitingPositions() + decoding)
        .build();
  }

  @Override
  public BatchCounts batches() {
    return batcher.batches();
  }

  @Override
  public void onBatch(IntConsumer listener) {
    batcher.onBatch(listener);
  }

  /** Digest of the weights, hex. */
  String digest() {
    return digest;
  }

  ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the features. */
  DType dtype() {
    return encoder.dtype();
  }

  @Override
  public void close() {
    decoders.shutdownNow();
    batcher.close();
    encoder.close();
  }
}
