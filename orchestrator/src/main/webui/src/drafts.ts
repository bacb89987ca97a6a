// SPDX-License-Identifier: Apache-2.0
import { effect } from "@preact/signals";
import type { Conversation } from "./conversation";
import type { Store } from "./store";

const PREFIX = "owl-draft ";
/** Longer texts are not kept, characters: the browser has room for few of them. */
const LONGEST = 100_000;

/**
 * Keeps what is being written when the page is loaded again, as phones do on their own: texts alone, and for this tab
 * alone.
 */
export function keepDrafts(store: Store, storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): void {
  let last: Conversation | undefined;
  let lastKey = "";
  effect(() => {
    const conversation = store.current.value;
    const { draft } = conversation;
    const key = PREFIX + conversation.id;
    if (conversation !== last && draft.isEmpty.peek()) {
      draft.setText(storage.getItem(key) ?? "");
    } else if (key !== lastKey && conversation === last) {
      storage.removeItem(lastKey); // It was new, and has an id now.
    }
    last = conversation;
    lastKey = key;
    const text = draft.text.value;
    try {
      if (text === "" || text.length > LONGEST) {
        storage.removeItem(key);
      } else {
        storage.setItem(key, text);
      }
    } catch {
      // There may be no room: then what is written lasts as long as the page, and nobody is kept from writing it.
    }
  });
}
