// SPDX-License-Identifier: Apache-2.0
import { choose, language, t } from "../language";
import { theme, toggleTheme } from "../theme";
import { IconButton } from "./Icon";

/** How the page speaks and looks. */
export function Appearance() {
  const other = language.value === "zh" ? "en" : "zh";
  const next = theme.value === "dark" ? "light" : "dark";
  return (
    <>
      <button type="button" class="button quiet" lang={other} onClick={() => choose(other)}>
        {other === "zh" ? "中文" : "English"}
      </button>
      <IconButton
        icon={next === "dark" ? "moon" : "sun"}
        label={t(next === "dark" ? "Change to dark colours" : "Change to light colours")}
        onClick={toggleTheme}
      />
    </>
  );
}
