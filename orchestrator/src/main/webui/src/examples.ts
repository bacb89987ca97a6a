// SPDX-License-Identifier: Apache-2.0

/** A question to begin with, as it lies beside the model that answers it. */
export interface Example {
  question: string;
  /** What is asked next, when that is answered. */
  next: readonly string[];
  /** Addresses that hold the pictures themselves: `data:image/png;base64,...`. */
  pictures: readonly string[];
  /** What each picture shows, for who does not see it. */
  shown: readonly string[];
  /** Of the question, as `zh`. */
  language: string;
}

/** More are not shown: they are to begin with. */
const MOST = 12;
const PICTURE = /^data:(image\/(?:png|jpeg|webp|gif));base64,([A-Za-z0-9+/]+=*)$/;

/** The examples of a JSON array; what is none is left out. */
export function readExamples(told: unknown): Example[] {
  return Array.isArray(told) ? told.flatMap(readExample).slice(0, MOST) : [];
}

function readExample(told: Record<string, unknown> | null): Example[] {
  const { question, language } = told ?? {};
  const pictures = texts(told?.["pictures"]);
  if (typeof question !== "string" || question.trim() === "" || !pictures.every((picture) => PICTURE.test(picture))) {
    return [];
  }
  const shown = texts(told?.["shown"]);
  return [{ question, next: texts(told?.["next"]), pictures, shown, language: typeof language === "string" ? language : "en" }];
}

const texts = (told: unknown): string[] =>
  Array.isArray(told) ? told.filter((each): each is string => typeof each === "string") : [];

/** The pictures of an example as if they had been picked from a folder. */
export function filesOf({ pictures }: Example): File[] {
  return pictures.map((picture, i) => {
    const [, type = "", base64 = ""] = PICTURE.exec(picture) ?? [];
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new File([bytes], `${i + 1}.${type.replace("image/", "")}`, { type });
  });
}
