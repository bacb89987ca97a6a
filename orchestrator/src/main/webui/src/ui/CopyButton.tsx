// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Store } from "../store";
import { t } from "../language";
import { IconButton } from "./Icon";

/** How long the button says that it did, milliseconds. */
const SHOWN = 2_000;

/** Puts a text where it can be pasted from. */
export function CopyButton({ store, text, label }: { store: Store; text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (copied) {
      const timer = setTimeout(() => setCopied(false), SHOWN);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [copied]);
  const copy = async () => {
    if (await toClipboard(text)) {
      setCopied(true);
      store.announcer.announce(t("Copied."));
    }
  };
  return <IconButton icon={copied ? "check" : "copy"} label={label} onClick={() => void copy()} />;
}

async function toClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  // On pages that are neither of https nor of this computer.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
