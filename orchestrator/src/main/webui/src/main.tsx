// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import { Store } from "./store";
import "./style/base.css";
import "./style/layout.css";
import "./style/thread.css";
import "./style/composer.css";
import { restoreTheme } from "./theme";
import { App } from "./ui/App";

const store = new Store();
restoreTheme(() => store.changed());
render(<App store={store} />, document.getElementById("page")!);
store.start();
