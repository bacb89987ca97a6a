// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

const from = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);

export default defineConfig({
  base: "./",
  cacheDir: from("../../../target/webui-cache"),
  plugins: [
    {
      // No module: those run after the page is drawn.
      name: "theme-before-page",
      transformIndexHtml: () => [{ tag: "script", attrs: { src: "./theme.js" }, injectTo: "head-prepend" }],
    },
  ],
  build: {
    outDir: from("../../../target/classes/META-INF/resources"),
    emptyOutDir: true,
    target: "es2022",
    // A strict content security policy allows files of this server alone, and no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: [from("index.html"), from("sign-in.html")] },
  },
  server: {
    fs: { allow: [from("../../../..")] },
    proxy: { "/api": "http://127.0.0.1:9080" },
  },
  test: { include: ["src/**/*.test.ts"] },
});
