// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.trainer.recipe.Recipe;
import io.owlmesh.trainer.synthetic.BookOptions;
import io.owlmesh.trainer.synthetic.PictureBook;
import java.io.IOException;

/** Makes the picture book of a recipe, unless it is there. */
final class BookMaker {
  private BookMaker() {}

  static void make(Recipe.Book book, TrainingMonitor watching) throws IOException {
    BookOptions options =
        new BookOptions(
            book.seed(),
            book.imageSize(),
            book.pretrain(),
            book.align(),
            book.instructImage(),
            book.instructText(),
            book.test());
    watching.say("The picture book: " + book.folder());
    PictureBook.write(book.folder(), options, (_, _) -> {});
  }
}
