// SPDX-License-Identifier: Apache-2.0
import cross from "#pictures/cross.png";
import sign from "#pictures/sign.png";
import twoThings from "#pictures/two-things.png";

/** A question to begin with, about a picture that the page brings along. */
export interface Example {
  picture: string;
  file: string;
  /** What the picture shows, for who does not see it. */
  alt: string;
  question: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    picture: twoThings,
    file: "two-things.png",
    alt: "A blue square and, right of it, a small purple cross",
    question: "Where is the purple cross?",
  },
  {
    picture: cross,
    file: "cross.png",
    alt: "A purple cross on the left",
    question: "What is in the picture?",
  },
  {
    picture: sign,
    file: "sign.png",
    alt: "A black sign with the word ROAD",
    question: "What does the sign say?",
  },
];

/** The example's picture as if it had been picked from a folder. */
export async function fetchPicture(example: Example): Promise<File> {
  const response = await fetch(example.picture);
  return new File([await response.blob()], example.file, { type: "image/png" });
}
