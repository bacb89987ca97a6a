// SPDX-License-Identifier: Apache-2.0

/** Whether a finger is what points: then the keyboard is on the screen, and its Enter begins a line. */
export const isTouch = () => window.matchMedia("(pointer: coarse)").matches;

/** Whether a key belongs to an input method; Safari ends the composition before it tells of the key. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
