// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import "./style/base.css";
import "./style/layout.css";
import "./style/thread.css";
import "./style/composer.css";
import "./style/media.css";
import { openStore } from "./browser";
import { App } from "./ui/App";

render(<App store={openStore()} />, document.getElementById("page")!);
