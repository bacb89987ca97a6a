// SPDX-License-Identifier: Apache-2.0
import { effect, untracked } from "@preact/signals";
import { keepDrafts } from "./drafts";
import { Store } from "./store";

const MESH = "#/mesh";
const ROUTE = /^#\/c\/([0-9a-zA-Z-]+)$/;
/** How often the list is asked for anew while somebody looks, milliseconds. */
const REFRESH = 15_000;

/** How often the mesh is asked whether it is well, milliseconds: what goes is told within two seconds. */
const HEALTH = 1_000;

const routeId = () => ROUTE.exec(location.hash)?.[1] ?? "";
const address = (id: string) => (id === "" ? "#/" : `#/c/${id}`);

/** The store, joined with the address of the page and with the page in other tabs. */
export function openStore(): Store {
  const tabs = new BroadcastChannel("owlmesh");
  const store = new Store({
    goTo: (id) => {
      history.pushState(null, "", address(id));
      store.meshShown.value = false;
      store.show(id);
    },
    replace: (id) => history.replaceState(null, "", address(id)),
    changed: (id) => tabs.postMessage(id),
  });
  tabs.onmessage = ({ data }: MessageEvent<string>) => void store.othersChanged(data);
  const follow = () => {
    store.meshShown.value = location.hash === MESH;
    if (!store.meshShown.value) {
      store.show(routeId());
    }
  };
  window.addEventListener("hashchange", follow);
  window.addEventListener("popstate", follow);
  const look = () => {
    if (!document.hidden) {
      void store.othersChanged(store.current.value.id);
      void store.listModels();
    }
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
  setInterval(look, REFRESH);
  window.addEventListener("pagehide", () => void store.deleteNow(true));
  follow();
  keepDraftsIfAllowed(store);
  watchHealth(store);
  effect(() => {
    void store.current.value.model.value; // Another model is described anew.
    untracked(() => void store.describe());
  });
  void store.refreshList();
  return store;
}

function keepDraftsIfAllowed(store: Store): void {
  try {
    keepDrafts(store, sessionStorage);
  } catch {
    // Storage may be forbidden: then a text lasts as long as the page.
  }
}

/** Asks the mesh how it is while somebody looks. */
function watchHealth(store: Store): void {
  const ask = async () => {
    if (!document.hidden) {
      await store.checkHealth();
    }
    setTimeout(() => void ask(), HEALTH);
  };
  void ask();
}
