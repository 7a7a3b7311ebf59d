// Where a board was scrolled to: a reload, or coming back, shows the same place.
const KEY = "voronka-board-scroll";

interface Kept {
  address: string;
  left: number;
  tops: Record<string, number>;
}

export function keepScroll(root: HTMLElement): void {
  const columns = (): HTMLElement[] => [...root.querySelectorAll<HTMLElement>(".column[data-stage]")];
  const again = performance.getEntriesByType("navigation").some((one) => (one as PerformanceNavigationTiming).type !== "navigate");
  const kept = again ? read() : undefined;
  if (kept?.address === location.href) {
    root.scrollLeft = kept.left;
    for (const column of columns()) {
      const list = column.querySelector("[data-cards]");
      if (list) list.scrollTop = kept.tops[column.dataset.stage ?? ""] ?? 0;
    }
  }
  window.addEventListener("pagehide", () => {
    const tops = Object.fromEntries(columns().map((one) => [one.dataset.stage ?? "", one.querySelector("[data-cards]")?.scrollTop ?? 0]));
    sessionStorage.setItem(KEY, JSON.stringify({ address: location.href, left: root.scrollLeft, tops } satisfies Kept));
  });
}

function read(): Kept | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | undefined;
  } catch {
    return undefined;
  }
}
