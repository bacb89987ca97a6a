// SPDX-License-Identifier: Apache-2.0
// Runs before anything is drawn, so that nobody who chose dark colours sees a flash of light ones.
try {
  const chosen = localStorage.getItem("owl-theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  // Storage may be forbidden: then the device chooses.
}
