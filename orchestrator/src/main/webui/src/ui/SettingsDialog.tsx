// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { AnswerOptions, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { type Problem, toProblem } from "../errors";
import { FIELDS, type Field, faultOf, formatOption, NO_OPTIONS, parseOptions } from "../options";
import type { Store } from "../store";
import { t } from "../language";
import { IconButton } from "./Icon";
import { Notice } from "./Notice";

/** How the messages of the current conversation are answered. */
export function SettingsDialog({ store, onClose }: { store: Store; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failed, setFailed] = useState<Problem>();
  useEffect(() => dialog.current?.showModal(), []);
  const settings = store.current.value.settings.value;
  const options = settings.options ?? NO_OPTIONS;

  const save = async (form: HTMLFormElement) => {
    try {
      await store.updateSettings(readSettings(form, settings));
      dialog.current?.close();
    } catch (failure) {
      setFailed(toProblem(failure));
    }
  };

  return (
    <dialog ref={dialog} class="settings" aria-labelledby="settings-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(event.currentTarget);
        }}
      >
        <div class="dialog-head">
          <h2 id="settings-title">{t("Settings of this conversation")}</h2>
          <IconButton icon="close" label={t("Close")} onClick={() => dialog.current?.close()} />
        </div>
        {failed && <Notice problem={failed} />}
        <div class="dialog-body">
          <div class="field">
            <label for="option-system">{t("System sentence")}</label>
            <textarea
              id="option-system"
              name="system"
              rows={2}
              dir="auto"
              maxLength={4096}
              aria-describedby="system-hint"
              defaultValue={settings.system ?? ""}
            />
            <small id="system-hint">{t("Sets the scene. Empty: the one the model was trained with.")}</small>
          </div>
          <div class="fields">
            {FIELDS.filter((field) => field.basic).map((field) => (
              <OptionInput key={field.key} field={field} options={options} />
            ))}
          </div>
          <details open={FIELDS.some((field) => !field.basic && formatOption(field, options) !== "")}>
            <summary>{t("More")}</summary>
            <div class="fields">
              {FIELDS.filter((field) => !field.basic).map((field) => (
                <OptionInput key={field.key} field={field} options={options} />
              ))}
            </div>
          </details>
        </div>
        <div class="editor-actions">
          <button type="button" class="button" onClick={(event) => clear(event.currentTarget.form!)}>
            {t("Clear all")}
          </button>
          <button type="submit" class="button primary">
            {t("Save")}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What the form says; what it does not show stays as it is. */
function readSettings(form: HTMLFormElement, before: SessionSettings): SessionSettings {
  const data = new FormData(form);
  const texts = new Map(FIELDS.map((field) => [field.key, String(data.get(field.key) ?? "")]));
  const options: AnswerOptions = parseOptions(texts);
  if (before.options?.adapter !== undefined) {
    options.adapter = before.options.adapter;
  }
  const system = String(data.get("system") ?? "").trim();
  const settings: SessionSettings = { options };
  if (system !== "") {
    settings.system = system;
  }
  if (before.model !== undefined) {
    settings.model = before.model;
  }
  return settings;
}

function clear(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
    "input, textarea",
  )) {
    field.value = "";
  }
}

function OptionInput({ field, options }: { field: Field; options: AnswerOptions }) {
  const [fault, setFault] = useState<string>();
  const hint = `hint-${field.key}`;
  const id = `option-${field.key}`;
  const attributes = {
    id,
    name: field.key,
    "aria-describedby": hint,
    defaultValue: formatOption(field, options),
  };
  return (
    <div class="field">
      <label for={id}>{t(field.label)}</label>
      {field.kind === "number" ? (
        <input
          {...attributes}
          type="number"
          inputMode="decimal"
          min={field.min}
          max={field.max}
          step={field.step}
        />
      ) : field.kind === "digits" ? (
        <input {...attributes} type="text" inputMode="numeric" pattern="[0-9]{1,20}" />
      ) : (
        <textarea
          {...attributes}
          rows={2}
          dir="auto"
          spellcheck={false}
          aria-invalid={fault !== undefined}
          onInput={(event) => {
            const found = faultOf(field.key, event.currentTarget.value);
            event.currentTarget.setCustomValidity(found ?? "");
            setFault(found);
          }}
        />
      )}
      <small id={hint} class={fault === undefined ? "" : "fault"} role="status">
        {fault ?? t(field.hint)}
      </small>
    </div>
  );
}
