// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AnswerOptions, DescribeResponse, Message, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import { ApiError, type Problem, toProblem } from "../errors";
import { FIELDS, type Field, faultOf, formatOption, mostOf, NO_OPTIONS, parseOptions, usualOf } from "../options";
import type { Store } from "../store";
import { t } from "../language";
import { AdapterSelect } from "./AdapterSelect";
import { IconButton } from "./Icon";
import { Notice } from "./Notice";

/** How the messages of the current conversation are answered. */
export function SettingsDialog({ store, onClose }: { store: Store; onClose: () => void }) {
  const settings = store.current.value.settings.value;
  return (
    <OptionsDialog
      title={t("Settings of this conversation")}
      button={t("Save")}
      options={settings.options ?? NO_OPTIONS}
      mesh={store.mesh.value}
      onSave={(form) => store.updateSettings(readSettings(form, settings))}
      onClose={onClose}
    >
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
    </OptionsDialog>
  );
}

interface AgainProps {
  store: Store;
  conversation: Conversation;
  message: Message;
  onClose: () => void;
}

/** How a message is answered once more; the conversation's own settings stay. */
export function AgainDialog({ store, conversation, message, onClose }: AgainProps) {
  const options = conversation.settings.value.options ?? NO_OPTIONS;
  const mesh = store.mesh.value;
  const [adapter, setAdapter] = useState(options.adapter);
  const again = (form: HTMLFormElement) => {
    if (conversation.isAnswering.value) {
      return Promise.reject(new ApiError(409, { message: "", type: "conflict", code: "turn_in_progress" }));
    }
    const chosen = readOptions(form);
    conversation.compared.value = message.parentId;
    void store.turns.regenerate(conversation, message, adapter === undefined ? chosen : { ...chosen, adapter });
    return Promise.resolve();
  };
  return (
    <OptionsDialog
      title={t("Settings of one more answer")}
      button={t("Answer again")}
      options={options}
      mesh={mesh}
      onSave={again}
      onClose={onClose}
    >
      {mesh && (
        <div class="field">
          <label for="again-adapter">{t("Adapter")}</label>
          <AdapterSelect id="again-adapter" mesh={mesh} chosen={adapter} onChoose={setAdapter} />
        </div>
      )}
    </OptionsDialog>
  );
}

interface OptionsProps {
  title: string;
  /** What the button says that saves. */
  button: string;
  options: AnswerOptions;
  /** Whose defaults and limits hold. */
  mesh: DescribeResponse | undefined;
  /** Fields before the options. */
  children: ComponentChildren;
  onSave: (form: HTMLFormElement) => Promise<void>;
  onClose: () => void;
}

function OptionsDialog({ title, button, options, mesh, children, onSave, onClose }: OptionsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failed, setFailed] = useState<Problem>();
  useEffect(() => dialog.current?.showModal(), []);

  const save = async (form: HTMLFormElement) => {
    const { regex, jsonSchema } = readOptions(form);
    if (regex !== undefined && jsonSchema !== undefined) {
      setFailed({ title: t("One of regular expression and JSON schema, not both."), detail: "", retryable: false });
      return;
    }
    try {
      await onSave(form);
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
          <h2 id="settings-title">{title}</h2>
          <IconButton icon="close" label={t("Close")} onClick={() => dialog.current?.close()} />
        </div>
        {failed && <Notice problem={failed} />}
        <div class="dialog-body">
          {children}
          <div class="fields">
            {FIELDS.filter((field) => field.basic).map((field) => (
              <OptionInput key={field.key} field={field} options={options} mesh={mesh} />
            ))}
          </div>
          <details open={FIELDS.some((field) => !field.basic && formatOption(field, options) !== "")}>
            <summary>{t("More")}</summary>
            <div class="fields">
              {FIELDS.filter((field) => !field.basic).map((field) => (
                <OptionInput key={field.key} field={field} options={options} mesh={mesh} />
              ))}
            </div>
          </details>
        </div>
        <div class="editor-actions">
          <button type="button" class="button" onClick={(event) => clear(event.currentTarget.form!)}>
            {t("Clear all")}
          </button>
          <button type="submit" class="button primary">
            {button}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What the form says; what it does not show stays as it is. */
function readSettings(form: HTMLFormElement, before: SessionSettings): SessionSettings {
  const options = readOptions(form);
  if (before.options?.adapter !== undefined) {
    options.adapter = before.options.adapter;
  }
  const system = String(new FormData(form).get("system") ?? "").trim();
  const settings: SessionSettings = { options };
  if (system !== "") {
    settings.system = system;
  }
  if (before.model !== undefined) {
    settings.model = before.model;
  }
  return settings;
}

function readOptions(form: HTMLFormElement): AnswerOptions {
  const data = new FormData(form);
  return parseOptions(new Map(FIELDS.map((field) => [field.key, String(data.get(field.key) ?? "")])));
}

/** Empties all fields, each as if a person did: what was said about a text goes with it. */
function clear(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

interface InputProps {
  field: Field;
  options: AnswerOptions;
  mesh: DescribeResponse | undefined;
}

function OptionInput({ field, options, mesh }: InputProps) {
  const [fault, setFault] = useState<string>();
  const hint = `hint-${field.key}`;
  const id = `option-${field.key}`;
  const usual = usualOf(field, mesh);
  const most = mostOf(field, mesh);
  const attributes = {
    id,
    name: field.key,
    "aria-describedby": hint,
    "aria-invalid": fault !== undefined,
    defaultValue: formatOption(field, options),
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      const input = event.currentTarget;
      // What is no number is empty for a script.
      const text = input.validity.badInput ? "?" : input.value;
      const found = faultOf(field, text, most);
      input.setCustomValidity(found ?? "");
      setFault(found);
    },
  };
  return (
    <div class="field">
      <label for={id}>{t(field.label)}</label>
      {field.kind === "number" ? (
        <input
          {...attributes}
          type="number"
          inputMode="decimal"
          placeholder={usual}
          min={field.min}
          max={most}
          step={field.step}
        />
      ) : field.kind === "digits" ? (
        <input {...attributes} type="text" inputMode="numeric" placeholder={usual} />
      ) : (
        <textarea {...attributes} rows={2} dir="auto" spellcheck={false} />
      )}
      <small id={hint} class={fault === undefined ? "" : "fault"} role="status">
        {fault ?? (usual === undefined ? t(field.hint) : `${t(field.hint)} ${t("Default: {value}.", { value: usual })}`)}
      </small>
    </div>
  );
}
