// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs TorchScript source as the archive that the engine loads: four stored entries, no weights.
 */
final class ScriptArchive {
  /** An object of class {@code __torch__.Net} whose only field is {@code training = True}. */
  private static final String DATA =
      "\u0080\2c__torch__\nNet\nq\0)\u0081}(X\10\0\0\0trainingq\1\u0088ubq\2.";

  private static final String CONSTANTS = "\u0080\2).";
  private static final String VERSION = "10\n";

  private ScriptArchive() {}

  static byte[] of(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "net/data.pkl", DATA.getBytes(ISO_8859_1));
      store(zip, "net/code/__torch__.py", source.getBytes(UTF_8));
      store(zip, "net/constants.pkl", CONSTANTS.getBytes(ISO_8859_1));
      store(zip, "net/version", VERSION.getBytes(ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  /** Stored, not deflated: the engine maps entries in place. */
  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
