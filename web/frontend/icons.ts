// One file of symbols from the icons that pages use, made from the icon package when the front end is built.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Emit `icons.svg`: a symbol for every name in `names`, which are file names of the icon package without `.svg`. */
export function icons(names: readonly string[]): Plugin {
  return {
    name: "voronka-icons",
    generateBundle() {
      const symbols = names.map((name) => {
        const path = new URL(`./node_modules/@tabler/icons/icons/outline/${name}.svg`, import.meta.url);
        const inside = readFileSync(path, "utf8").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
        return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s*\n\s*/g, "")}</symbol>`;
      });
      const source = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
      this.emitFile({ type: "asset", fileName: "icons.svg", source });
    },
  };
}
