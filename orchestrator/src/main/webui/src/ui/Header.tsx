// SPDX-License-Identifier: Apache-2.0
import type { RefObject } from "preact";
import type { DescribeResponse, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { toProblem } from "../errors";
import { NO_OPTIONS } from "../options";
import logo from "../owl.svg";
import type { Store } from "../store";
import { t } from "../language";
import { AdapterSelect } from "./AdapterSelect";
import { Appearance } from "./Appearance";
import { ExportMenu } from "./ExportMenu";
import { Icon, IconButton } from "./Icon";
import { sessionTitle } from "./SideList";

interface Props {
  store: Store;
  sideOpen: boolean;
  menu: RefObject<HTMLDivElement | null>;
  openSide: () => void;
  openSettings: () => void;
}

/** Names the conversation and the model, and leads to everything else. */
export function Header({ store, sideOpen, menu, openSide, openSettings }: Props) {
  const session = store.current.value.session.value;
  const mesh = store.mesh.value;
  const isNamed = session !== undefined && (session.title !== "" || session.head !== "");
  return (
    <header class="top">
      <div class="narrow" ref={menu}>
        <IconButton
          icon="menu"
          label={t("Conversations")}
          expanded={sideOpen}
          onClick={openSide}
        />
      </div>
      <img class="logo" src={logo} alt="" width={28} height={28} />
      <h1 dir="auto">{isNamed ? sessionTitle(session) : "OwlMesh"}</h1>
      <HealthLink store={store} />
      <div class="choices">
        <ModelChoice store={store} />
        {mesh && <AdapterChoice store={store} mesh={mesh} />}
      </div>
      <ExportMenu store={store} />
      <IconButton icon="sliders" label={t("Settings")} onClick={openSettings} />
      <div class="wide">
        <Appearance />
      </div>
      <a class="icon-button narrow" href="#/" aria-label={t("New conversation")} title={t("New conversation")}>
        <Icon name="plus" />
      </a>
    </header>
  );
}

const HEALTH = {
  unknown: "The mesh",
  well: "The mesh is well",
  partly: "Some replicas of the mesh take no work",
  down: "The mesh does not answer",
} as const;

/** Tells how the mesh is, and leads to where it is shown. */
function HealthLink({ store }: { store: Store }) {
  const health = store.health.value;
  return (
    <a class={`health ${health}`} href={store.meshShown.value ? "#/" : "#/mesh"} title={t(HEALTH[health])}>
      <span class="visually-hidden">{t(HEALTH[health])}</span>
      <span class="health-dot" aria-hidden="true" />
    </a>
  );
}

/** The model's name, or where there are several, a choice among them. */
function ModelChoice({ store }: { store: Store }) {
  const models = store.models.value;
  const usual = models.find((model) => model.defaultModel)?.name ?? store.mesh.value?.model ?? "";
  const chosen = store.current.value.model.value || usual;
  const isKnown = models.some((model) => model.name === chosen);
  if (models.length < 2 && (isKnown || chosen === usual)) {
    return usual === "" ? null : <span class="model">{usual}</span>;
  }
  const choose = async (name: string) => {
    // An adapter fits one model; the usual one may have no name that is known.
    const { model: _, ...settings } = store.current.value.settings.value;
    const { adapter: __, ...options } = settings.options ?? NO_OPTIONS;
    try {
      await store.updateSettings({ ...settings, options, ...(name === "" ? {} : { model: name }) });
    } catch (failure) {
      store.notice.value = toProblem(failure);
    }
  };
  return (
    <label class="adapter" for="model">
      <span>{t("Model")}</span>
      <select id="model" value={chosen} onChange={(event) => void choose(event.currentTarget.value)}>
        {models.map(({ name, ready }) => (
          <option key={name} value={name}>
            {ready ? name : t("{name} (not ready)", { name: name || t("the usual model") })}
          </option>
        ))}
        {!isKnown && <option value={chosen}>{t("{name} (not there)", { name: chosen })}</option>}
      </select>
    </label>
  );
}

function AdapterChoice({ store, mesh }: { store: Store; mesh: DescribeResponse }) {
  const settings = store.current.value.settings.value;
  const choose = async (adapter: string | undefined) => {
    const { adapter: _, ...options } = settings.options ?? NO_OPTIONS;
    const next: SessionSettings = {
      ...settings,
      options: adapter === undefined ? options : { ...options, adapter },
    };
    try {
      await store.updateSettings(next);
    } catch (failure) {
      store.notice.value = toProblem(failure);
    }
  };
  return (
    <label class="adapter" for="adapter">
      <span>{t("Adapter")}</span>
      <AdapterSelect id="adapter" mesh={mesh} chosen={settings.options?.adapter} onChoose={(adapter) => void choose(adapter)} />
    </label>
  );
}
