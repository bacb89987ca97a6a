// SPDX-License-Identifier: Apache-2.0
import type { Problem } from "../errors";
import { t } from "../language";
import { Icon, IconButton } from "./Icon";

interface Props {
  problem: Problem;
  /** What else can be done. */
  hint?: string | undefined;
  retry?: (() => void) | undefined;
  dismiss?: (() => void) | undefined;
  /** Said at once to who does not see it; not for what was there when the page opened. */
  alert?: boolean;
}

/** What went wrong, in a sentence; the rest for whoever asks. */
export function Notice({ problem, hint, retry, dismiss, alert = true }: Props) {
  return (
    <div class="notice" role={alert ? "alert" : undefined}>
      <Icon name="warning" />
      <div class="notice-words">
        <p>
          {problem.title}
          {hint && ` ${hint}`}
        </p>
        {problem.detail !== "" && (
          <details>
            <summary>{t("Details")}</summary>
            <p class="detail">{problem.detail}</p>
          </details>
        )}
      </div>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          {t("Try again")}
        </button>
      )}
      {dismiss && <IconButton icon="close" label={t("Dismiss")} onClick={dismiss} />}
    </div>
  );
}
