// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import com.google.cloud.tools.jib.api.buildplan.FileEntry;
import io.owlmesh.core.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.cyclonedx.Version;
import org.cyclonedx.exception.GeneratorException;
import org.cyclonedx.generators.BomGeneratorFactory;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Hash;
import org.cyclonedx.model.Metadata;

/**
 * What an image is made of, as a CycloneDX document: every library that we put onto the base, with
 * its coordinates and SHA-256. What the base consists of is not in it. The same image has the same
 * document.
 */
final class BillOfMaterials {
  private static final Version VERSION = Version.VERSION_16;

  private BillOfMaterials() {}

  /**
   * Writes that of an image.
   *
   * @param digest of the image, {@code sha256:HEX}
   * @throws IOException if a file cannot be read or written
   */
  static void write(ImageFiles files, String tag, String digest, Path to) throws IOException {
    Component image = new Component();
    image.setType(Component.Type.CONTAINER);
    image.setName("owl-" + files.name());
    image.setVersion(tag);
    image.setBomRef("pkg:oci/owl-%s@%s".formatted(files.name(), digest));
    Metadata metadata = new Metadata();
    metadata.setTimestamp(null);
    metadata.setComponent(image);
    Bom bom = new Bom();
    bom.setSerialNumber(
        "urn:uuid:" + UUID.nameUUIDFromBytes(digest.getBytes(StandardCharsets.UTF_8)));
    bom.setMetadata(metadata);
    for (FileEntry jar : jars(files)) {
      bom.addComponent(library(files, jar));
    }
    try {
      Files.writeString(to, BomGeneratorFactory.createJson(VERSION, bom).toJsonString() + "\n");
    } catch (GeneratorException e) {
      throw new IOException("owl-%s: %s".formatted(files.name(), e.getMessage()), e);
    }
  }

  private static List<FileEntry> jars(ImageFiles files) {
    return files.layers().stream()
        .flatMap(layer -> layer.getEntries().stream())
        .filter(entry -> entry.getExtractionPath().toString().endsWith(".jar"))
        .sorted(Comparator.comparing(entry -> entry.getExtractionPath().toString()))
        .toList();
  }

  private static Component library(ImageFiles files, FileEntry jar) throws IOException {
    Path file = jar.getSourceFile();
    Component library = new Component();
    library.setType(Component.Type.LIBRARY);
    library.setBomRef(jar.getExtractionPath().toString());
    library.addHash(new Hash(Hash.Algorithm.SHA_256, sha256(file)));
    Optional<MavenCoordinates> known =
        Optional.ofNullable(files.libraries().get(file.getFileName().toString()));
    if (known.isPresent()) {
      library.setGroup(known.get().group());
      library.setName(known.get().artifact());
      library.setVersion(known.get().version());
      library.setPurl(known.get().packageUrl());
    } else {
      // One of ours, or what the build makes of them all.
      library.setGroup("io.owlmesh");
      library.setName(file.getFileName().toString());
    }
    return library;
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return Sha256.hex(digest);
  }
}
