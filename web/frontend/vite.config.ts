import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { icons } from "./icons.ts";

const names = readFileSync(new URL("./src/icons.txt", import.meta.url), "utf8").split(/\s+/).filter(Boolean);

export default defineConfig({
  plugins: [react(), icons(names)],
  base: "/static/dist/",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { form: "src/form.ts", site: "src/site.ts", board: "src/board.ts", canvas: "src/canvas.tsx", comparison: "src/comparison.tsx", editor: "src/editor.tsx", funnels: "src/funnels.ts", leads: "src/leads.ts", lists: "src/lists.ts", reports: "src/reports.ts", selection: "src/selection.ts" },
    },
  },
});
