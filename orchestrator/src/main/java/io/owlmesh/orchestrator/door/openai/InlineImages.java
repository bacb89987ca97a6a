// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.google.protobuf.ByteString;
import io.owlmesh.orchestrator.door.http.HttpRefusal;
import io.owlmesh.orchestrator.door.http.Intake;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Takes a JSON body apart while it arrives: what long {@code data:} URLs of images spell is decoded
 * at once and kept as bytes, the rest is text. In the text, a NUL and a number stand for what was
 * decoded, as in {@code data:image/png;base64,NUL 0}; no text of a request may have a NUL. So an
 * image is in memory once, and never as characters.
 */
final class InlineImages implements Intake {
  /** Strings up to this length, bytes, stay text whatever they are. */
  static final int SHORT = 4096;

  private static final Pattern URL =
      Pattern.compile("data:image/[^,;\\\\]*(;[^,;\\\\]*)*;base64,", Pattern.CASE_INSENSITIVE);
  private static final char MARK = '\0';
  // As text, as characters, as nodes: what a byte of text takes at most while it is read.
  private static final int TEXT_COST = 10;
  // As it arrived, and as a look at its header.
  private static final int IMAGE_COST = 2;

  private final long textLimit;
  private final int imageLimit;
  private final Bytes text = new Bytes();
  private final List<Base64Image> images = new ArrayList<>();
  private long decoded;
  private boolean string;
  private int escape; // Characters of an escape that are still to come.
  private int unit; // The four digits of a unicode escape so far.
  private int begin; // Of the string in the text.
  private boolean decided; // Whether the string is long enough to know what it is.
  private boolean decoding;

  /** Bytes of which a part can be taken back. */
  private static final class Bytes extends ByteArrayOutputStream {
    void cut(int length) {
      count = length;
    }

    byte at(int place) {
      return buf[place];
    }

    String head(int from, int most) {
      return new String(buf, from, Math.min(most, count - from), StandardCharsets.ISO_8859_1);
    }
  }

  /**
   * @param textLimit bytes of the body without its images
   * @param imageLimit bytes of an image; of a larger one nothing is kept
   */
  InlineImages(long textLimit, int imageLimit) {
    this.textLimit = textLimit;
    this.imageLimit = imageLimit;
  }

  @Override
  public void take(Buffer piece) {
    byte[] bytes = piece.getBytes();
    for (byte next : bytes) {
      if (decoding) {
        decode(next);
      } else {
        keep(next);
      }
    }
    if (text.size() > textLimit) {
      throw HttpRefusal.tooLarge("without its images, the body", textLimit);
    }
  }

  private void keep(byte next) {
    text.write(next);
    if (!string) {
      string = next == '"';
      begin = text.size();
      decided = false;
    } else if (escape > 0) {
      escape--;
    } else if (next == '\\') {
      escape = 1; // The digits of a unicode escape are like other characters here.
    } else if (next == '"') {
      string = false;
    } else if (!decided && text.size() - begin > SHORT) {
      decided = true;
      tryDecoding();
    }
  }

  /** Takes back what was kept of a string, if it is an image. */
  private void tryDecoding() {
    String head = text.head(begin, SHORT);
    var url = URL.matcher(head);
    if (!url.lookingAt()) {
      return;
    }
    int from = begin + url.end();
    byte[] kept = new byte[text.size() - from];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = text.at(from + i);
    }
    text.cut(from);
    text.writeBytes("\\u0000".getBytes(StandardCharsets.US_ASCII));
    text.writeBytes(Integer.toString(images.size()).getBytes(StandardCharsets.US_ASCII));
    images.add(new Base64Image(imageLimit));
    decoding = true;
    for (byte next : kept) {
      decode(next);
    }
  }

  private void decode(byte next) {
    Base64Image image = images.getLast();
    if (escape > 1) {
      escape--;
      unit = unit << 4 | Math.max(Character.digit(next, 16), 0);
      if (escape == 1) {
        escape = 0;
        image.add(unit);
      }
    } else if (escape == 1) {
      escape = next == 'u' ? 5 : 0;
      unit = 0;
      if (next != 'u') {
        image.add(next == '/' ? '/' : -1);
      }
    } else if (next == '\\') {
      escape = 1;
    } else if (next == '"') {
      decoding = false;
      string = false;
      text.write('"');
      decoded += image.finish();
    } else {
      image.add(next);
    }
  }

  @Override
  public long memory() {
    long open = decoding ? images.getLast().size() : 0;
    return (long) TEXT_COST * text.size() + IMAGE_COST * (decoded + open);
  }

  /** The body with marks in the place of images. */
  Buffer json() {
    return Buffer.buffer(text.toByteArray());
  }

  /** Whether something stands for a decoded image. */
  static boolean isMark(String spelled) {
    return !spelled.isEmpty() && spelled.charAt(0) == MARK;
  }

  /**
   * The image that a mark stands for.
   *
   * @return nothing if what was sent is no base64
   */
  Optional<ByteString> image(String mark) {
    int number;
    try {
      number = Integer.parseInt(mark, 1, mark.length(), 10);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
    return number < 0 || number >= images.size() ? Optional.empty() : images.get(number).content();
  }

  /** Base64 (RFC 4648) that arrives character by character; padding may be missing. */
  private static final class Base64Image {
    private final int limit;
    private ByteString.Output bytes = ByteString.newOutput(64 << 10);
    private ByteString content = ByteString.EMPTY;
    private int size;
    private int bits;
    private int digits; // Of the group of four that is open.
    private int padding;
    private boolean wrong;

    Base64Image(int limit) {
      this.limit = limit;
    }

    void add(int character) {
      int digit = digit(character);
      if (character == '=' && digits >= 2 && digits + padding < 4) {
        padding++;
      } else if (digit < 0 || padding > 0) {
        wrong = true;
      } else {
        bits = bits << 6 | digit;
        digits++;
        if (digits == 4) {
          write(3, bits);
          digits = 0;
          bits = 0;
        }
      }
    }

    private static int digit(int character) {
      if (character >= 'A' && character <= 'Z') {
        return character - 'A';
      } else if (character >= 'a' && character <= 'z') {
        return character - 'a' + 26;
      } else if (character >= '0' && character <= '9') {
        return character - '0' + 52;
      }
      return character == '+' ? 62 : character == '/' ? 63 : -1;
    }

    /** Of an image over the limit, one byte more is kept: so its size is known to be wrong. */
    private void write(int count, int group) {
      for (int i = 0; i < count && size <= limit; i++) {
        bytes.write(group >> (16 - 8 * i));
        size++;
      }
    }

    /** No more comes; the bytes that there are. */
    int finish() {
      wrong |= digits == 1 || (padding > 0 && digits + padding != 4);
      if (digits > 1) {
        write(digits - 1, bits << (6 * (4 - digits)));
      }
      content = wrong ? ByteString.EMPTY : bytes.toByteString();
      bytes = ByteString.newOutput(0);
      return content.size();
    }

    int size() {
      return size;
    }

    Optional<ByteString> content() {
      return wrong ? Optional.empty() : Optional.of(content);
    }
  }
}
