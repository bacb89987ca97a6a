// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static io.owlmesh.model.image.TestImageFiles.bytes;
import static io.owlmesh.model.image.TestImageFiles.concat;
import static io.owlmesh.model.image.TestImageFiles.indexOf;
import static io.owlmesh.model.image.TestImageFiles.png;
import static io.owlmesh.model.image.TestImageFiles.withSegment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.codec.Picture;
import io.owlmesh.model.image.codec.PictureLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureDecoderTest {
  private static final Path IMAGES = Golden.FOLDER.resolve("images");
  private static final PictureDecoder DECODER = new PictureDecoder();

  static List<String> images() throws IOException {
    try (Stream<Path> files = Files.list(IMAGES)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertRefused(byte[] file, String part) {
    assertThatThrownBy(() -> DECODER.decode(file))
        .isInstanceOfSatisfying(
            OwlException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(Fault.BAD_INPUT);
              assertThat(e.field()).isEqualTo("image");
              assertThat(e.getMessage()).contains(part);
            });
  }

  @Test
  void picturesThatTogetherExceedTheLimitWaitForEachOther() throws Exception {
    byte[] photo = bytes("photo-a.jpg");
    Picture alone = DECODER.decode(photo);
    PictureDecoder narrow =
        new PictureDecoder(
            new PictureLimits(photo.length, (long) alone.width() * alone.height(), 20_000));

    assertSecondWaits(narrow, photo, photo);
  }

  private static void assertSecondWaits(PictureDecoder narrow, byte[] one, byte[] other)
      throws Exception {
    CountDownLatch decoded = new CountDownLatch(1);
    CountDownLatch used = new CountDownLatch(1);
    CompletableFuture<Integer> first = decodeIn(narrow, one, decoded, used);
    assertThat(decoded.await(30, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Integer> second =
        decodeIn(narrow, other, new CountDownLatch(1), new CountDownLatch(0));
    TimeUnit.MILLISECONDS.sleep(200);
    assertThat(second).isNotDone();

    used.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(DECODER.decode(one).width());
    assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(DECODER.decode(other).width());
  }

  private static CompletableFuture<Integer> decodeIn(
      PictureDecoder decoder, byte[] file, CountDownLatch decoded, CountDownLatch used) {
    return CompletableFuture.supplyAsync(
        () ->
            decoder.decode(
                ByteBuffer.wrap(file),
                picture -> {
                  decoded.countDown();
                  await(used);
                  return picture.width();
                }),
        Thread::startVirtualThread);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFrameThatWidensItsScreenWaitsForTheRoomItNeeds() throws Exception {
    byte[] small = png(100, 100, 8, 0, zeros(100 * 101));
    byte[] wide = bytes("still.gif");
    Picture alone = DECODER.decode(wide);
    ByteBuffer.wrap(wide).putInt(6, 0x01000100); // a screen of 1 x 1
    long pixels = (long) alone.width() * alone.height();
    PictureDecoder narrow =
        new PictureDecoder(new PictureLimits(1 << 20, Math.max(pixels, 10_000), 20_000));

    assertThat(DECODER.decode(wide).width()).isEqualTo(alone.width());
    assertSecondWaits(narrow, small, wide);
  }

  /** What inflates to this many zeros: rows of black without a filter. */
  private static byte[] zeros(int count) {
    Deflater deflater = new Deflater();
    deflater.setInput(new byte[count]);
    deflater.finish();
    byte[] out = new byte[count];
    int length = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  @Test
  void aSecondHeaderIsRefused() throws IOException {
    byte[] png = bytes("rgb.png");
    byte[] header = Arrays.copyOfRange(png, 8, 33);
    assertRefused(
        concat(Arrays.copyOf(png, 33), header, Arrays.copyOfRange(png, 33, png.length)),
        "truncated or corrupt PNG");
  }

  @ParameterizedTest
  @CsvSource({"lossy-alpha.webp, 0, 0", "lossy-animation.webp, 0, 0", "lossy-alpha.webp, 9, 9"})
  void aWebpFrameOfAnotherSizeThanItsCanvasIsRefused(String name, int width, int height)
      throws IOException {
    byte[] webp = Files.readAllBytes(Path.of("src/test/resources/images", name));
    ByteBuffer.wrap(webp)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(24, (short) width)
        .putShort(27, (short) height);
    assertRefused(webp, "truncated or corrupt WebP");
  }

  @Test
  void runsBeyondTheRowOfABmpAreCutOff() throws IOException {
    byte[] bmp =
        ByteBuffer.allocate(62 + 20_000_000)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort(0, (short) 0x4d42)
            .putInt(10, 62)
            .putInt(14, 40)
            .putInt(18, 2)
            .putInt(22, 1)
            .putShort(28, (short) 8)
            .putInt(30, 1)
            .putInt(58, 0xffffff)
            .array();
    Arrays.fill(bmp, 62, bmp.length, (byte) 0xff);
    bmp[62] = 1;
    bmp[63] = 1;
    bmp[bmp.length - 2] = 0;
    bmp[bmp.length - 1] = 1;

    assertThat(DECODER.decode(bmp).rgb()).containsExactly(-1, -1, -1, 0, 0, 0);
  }

  @Test
  void aRefusedPictureLeavesItsRoom() throws IOException {
    byte[] photo = bytes("photo-a.jpg");
    Picture alone = DECODER.decode(photo);
    PictureDecoder narrow =
        new PictureDecoder(
            new PictureLimits(photo.length, (long) alone.width() * alone.height(), 20_000));
    byte[] cut = Arrays.copyOf(photo, photo.length / 2);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> narrow.decode(ByteBuffer.wrap(cut), Picture::width))
          .isInstanceOf(OwlException.class);
    }

    assertThat(narrow.<Integer>decode(ByteBuffer.wrap(photo), Picture::width))
        .isEqualTo(alone.width());
  }

  @ParameterizedTest
  @MethodSource("images")
  void fileThatEndsEarlyIsRefused(String name) throws IOException {
    byte[] whole = bytes(name);
    // The pixel of the smallest one is whole before the last chunk, which is not needed.
    int most = name.equals("one-pixel.png") ? 7 : 10;
    for (int tenths = 1; tenths < most; tenths++) {
      byte[] cut = Arrays.copyOf(whole, whole.length * tenths / 10);
      assertRefused(cut, cut.length < 12 ? "is" : "truncated or corrupt");
    }
  }

  @ParameterizedTest
  @MethodSource("images")
  void damagedFileFailsInNoOtherWayThanOurs(String name) throws IOException {
    byte[] whole = bytes(name);
    Random random = new Random(name.hashCode());
    PictureDecoder small = new PictureDecoder(new PictureLimits(1 << 20, 1_000_000, 2_000));
    for (int round = 0; round < 100; round++) {
      byte[] damaged = whole.clone();
      for (int flip = 0; flip <= round % 5; flip++) {
        // Headers decide most, so half of the flips hit them.
        int span = random.nextBoolean() ? Math.min(64, whole.length) : whole.length;
        damaged[random.nextInt(span)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat(small.decode(damaged).rgb()).isNotEmpty();
      } catch (OwlException e) {
        assertThat(e.fault()).isEqualTo(Fault.BAD_INPUT);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ffd8ff",
        "89504e470d0a1a0a",
        "474946383961",
        "424d",
        "52494646000000005745425056503820"
      })
  void noiseAfterMagicBytesIsRefused(String magic) {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      byte[] noise = new byte[random.nextInt(400)];
      random.nextBytes(noise);
      byte[] file = concat(HexFormat.of().parseHex(magic), noise);
      assertThatThrownBy(() -> DECODER.decode(file)).isInstanceOf(OwlException.class);
    }
  }

  @Test
  void otherFilesAreRefusedNamingTheAcceptedFormats() {
    assertRefused(new byte[0], "empty");
    assertRefused(new byte[1000], "JPEG, PNG, GIF, BMP and WebP are accepted");
    assertRefused(
        "<svg xmlns='http://www.w3.org/2000/svg'/>".getBytes(StandardCharsets.US_ASCII),
        "are accepted");
    assertRefused(new byte[] {'I', 'I', 42, 0, 8, 0, 0, 0}, "is a TIFF file; JPEG, PNG");
    assertRefused(ofType("avif"), "is an AVIF file; JPEG, PNG");
    assertRefused(ofType("heic"), "is a HEIC file; JPEG, PNG");
  }

  /** The first box of a file in ISO's base media format (ISO/IEC 14496-12). */
  private static byte[] ofType(String brand) {
    return ("\0\0\0\u001cftyp" + brand + "\0\0\0\0mif1miaf").getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void fileOverTheLimitOfBytesIsRefused() {
    assertRefused(new byte[PictureLimits.DEFAULTS.maxBytes() + 1], "the limit is 20971520");
  }

  @Test
  void sizeIsRefusedFromTheHeaderAlone() throws IOException {
    assertRefused(png(40_000, 40_000, 8, 2, new byte[40]), "40000 x 40000 pixels");
    assertRefused(png(8_000, 8_000, 8, 2, new byte[40]), "the limit is 50000000 in all");
    assertRefused(png(-1, 1, 8, 2, new byte[40]), "4294967295 x 1 pixels");
    assertRefused(png(0, 1, 8, 2, new byte[40]), "the least is 1 x 1");

    byte[] gif = bytes("still.gif");
    ByteBuffer.wrap(gif).putInt(6, 0x409c409c);
    assertRefused(gif, "40000 x 40000 pixels");

    byte[] bmp = bytes("bmp.bmp");
    ByteBuffer.wrap(bmp).putInt(18, 0x409c0000).putInt(22, 0x409c0000);
    assertRefused(bmp, "40000 x 40000 pixels");
    ByteBuffer.wrap(bmp).putInt(22, 0x00000080);
    assertRefused(bmp, "pixels");

    byte[] webp = bytes("lossless.webp");
    ByteBuffer.wrap(webp).putInt(21, 0xffffff0f);
    assertRefused(webp, "16384 x 16384 pixels");

    byte[] jpeg = bytes("grey.jpg");
    int frame = indexOf(jpeg, "ffc0");
    ByteBuffer.wrap(jpeg).putInt(frame + 5, 0x9c409c40);
    assertRefused(jpeg, "40000 x 40000 pixels");
  }

  @Test
  void headerThatPromisesMoreThanTheDataHoldsIsRefused() throws IOException {
    assertRefused(png(7_000, 7_000, 8, 2, new byte[40]), "truncated or corrupt PNG");
    byte[] bmp = bytes("bmp.bmp");
    ByteBuffer.wrap(bmp).putInt(18, 0x581b0000).putInt(22, 0x581b0000);
    assertRefused(bmp, "truncated or corrupt BMP");
    byte[] jpeg = bytes("photo-b.jpg");
    ByteBuffer.wrap(jpeg).putShort(indexOf(jpeg, "ffc0") + 5, (short) 5_000);
    assertRefused(jpeg, "truncated or corrupt JPEG");
  }

  @Test
  void pngWithoutItsEndIsWholeWhereItsPixelsAre() throws IOException {
    byte[] png = bytes("rgb.png");
    byte[] expected = DECODER.decode(png).rgb();
    byte[] open = Arrays.copyOf(png, png.length - 12);

    assertThat(DECODER.decode(open).rgb()).isEqualTo(expected);
    assertThat(DECODER.decode(concat(open, new byte[7])).rgb()).isEqualTo(expected);
    assertThat(DECODER.decode(concat(open, new byte[700])).rgb()).isEqualTo(expected);
    assertThat(DECODER.decode(concat(open, HexFormat.of().parseHex("00ffffff74455874ffff"))).rgb())
        .isEqualTo(expected);
    // The sum of the last data, and the last bytes of the sum within it.
    assertThat(DECODER.decode(Arrays.copyOf(open, open.length - 6)).rgb()).isEqualTo(expected);
    assertRefused(Arrays.copyOf(open, open.length - 40), "truncated or corrupt PNG");
  }

  @Test
  void wrongCheckSumIsRefused() throws IOException {
    byte[] png = bytes("rgb.png");
    png[30] ^= 1; // within the sum of IHDR
    assertRefused(png, "truncated or corrupt PNG");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "src/test/resources/owl-tiny/images/lossless.webp",
        "src/test/resources/images/lossy.webp"
      })
  void webpWhoseBitstreamEndsEarlyIsRefused(String file) throws IOException {
    byte[] whole = Files.readAllBytes(Path.of(file));
    byte[] half = Arrays.copyOf(whole, whole.length / 4 * 2);
    // The lengths of the file and of its only chunk agree with the cut.
    ByteBuffer lengths = ByteBuffer.wrap(half).order(ByteOrder.LITTLE_ENDIAN);
    lengths.putInt(4, half.length - 8).putInt(16, half.length - 20);

    assertRefused(half, "truncated or corrupt WebP");
  }

  @Test
  void anEndMarkerDoesNotMakeUpForMissingScanLines() throws IOException {
    byte[] jpeg = bytes("photo-b.jpg");
    byte[] patched = Arrays.copyOf(jpeg, jpeg.length / 2);
    patched[patched.length - 2] = (byte) 0xff;
    patched[patched.length - 1] = (byte) 0xd9;
    assertRefused(patched, "truncated or corrupt JPEG");
  }

  @Test
  void harmlessOdditiesOfJpegsChangeNothing() throws IOException {
    byte[] jpeg = bytes("photo-b.jpg");
    byte[] expected = DECODER.decode(jpeg).rgb();
    byte[] trailing = concat(jpeg, new byte[100], jpeg);
    // A profile that is none, and EXIF whose directory lies outside.
    byte[] profile = withSegment(jpeg, "ffe200144943435f50524f46494c45000101deadbeef");
    byte[] exif = withSegment(jpeg, "ffe10010457869660000" + "4d4d002a7fffffff");

    assertThat(DECODER.decode(trailing).rgb()).isEqualTo(expected);
    assertThat(DECODER.decode(profile).rgb()).isEqualTo(expected);
    assertThat(DECODER.decode(exif).rgb()).isEqualTo(expected);
  }

  @Test
  void countlessScansAreRefused() throws IOException {
    byte[] jpeg = bytes("progressive.jpg");
    int at = indexOf(jpeg, "ffda");
    byte[] scan = HexFormat.of().parseHex("ffda0008010100003f0000");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, at);
    for (int i = 0; i < 10_000; i++) {
      out.writeBytes(scan);
    }
    out.write(jpeg, at, jpeg.length - at);
    assertRefused(out.toByteArray(), "scans");
  }
}
