// What is wrong: on the very node and setting, and as a list to go through; each with what would put it right.
import { nodeOf } from "./document";
import { Icon, useStore } from "./shared";
import type { Sight } from "./Stage";
import type { Store } from "./store";
import type { Problem } from "./told";

const FIELDS = ":is(input, select, textarea, button:not(.fix))";

/** Show where a problem is, and put the keyboard into the very field. */
export function goTo(store: Store, sight: Sight | undefined, problem: Problem, place = -1): void {
  if (!problem.node) {
    store.list(true);
    requestAnimationFrame(() => document.querySelectorAll<HTMLElement>("#inspector .problem-list .to-problem")[place]?.focus());
    return;
  }
  store.select([problem.node]);
  sight?.show([problem.node]);
  const path = problem.field?.split(".") ?? [];
  requestAnimationFrame(() => {
    let found: Element | null = document.getElementById("inspector");
    for (const name of path) found = found?.querySelector(`[data-setting="${CSS.escape(name)}"], [data-item="${CSS.escape(name)}"]`) ?? found;
    const wanted = path.length && found?.id !== "inspector" ? found?.querySelector<HTMLElement>(FIELDS) : undefined;
    const box = wanted?.closest("details");
    if (box) box.open = true;
    (wanted ?? document.querySelector<HTMLElement>(`#inspector .wrong ${FIELDS}`) ?? document.querySelector<HTMLElement>("#inspector .notice .fix, #inspector .node-title"))?.focus();
  });
}

/** What is wrong with a node as a whole. */
export function Notice({ problem }: { problem: Problem }) {
  return (
    <div className={`notice ${problem.severity === "error" ? "bad" : "warn"}`}>
      <Icon name="alert-triangle" />
      <div>
        <span>{problem.message}</span>
        <More problem={problem} />
      </div>
    </div>
  );
}

/** What is wrong with one setting, under it. */
export function Said({ problem, id }: { problem: Problem; id?: string }) {
  return (
    <div className={problem.severity === "error" ? "error" : "error mild"} id={id}>
      <span>{problem.message}</span>
      <More problem={problem} />
    </div>
  );
}

/** The funnels that a problem is about, and its quick fixes. */
function More({ problem }: { problem: Problem }) {
  const store = useStore();
  const funnels = problem.funnels?.filter((one) => one.link) ?? [];
  if (!funnels.length && !problem.fixes?.length) return null;
  return (
    <div className="fixes">
      {funnels.map((one) => (
        <a key={one.key} href={one.link} target="_blank" rel="noopener">
          {one.name}
        </a>
      ))}
      {problem.fixes?.map((fix) => (
        <button key={fix.title} type="button" className="button fix" onClick={() => store.fix(fix)}>
          <Icon name="bolt" />
          {fix.title}
        </button>
      ))}
    </div>
  );
}

/** What the setting of a problem is called; empty where it is about the block as a whole, or a way out. */
function fieldOf(store: Store, { node, field }: Problem): string {
  const known = store.kind(nodeOf(store.draft, node ?? ""))?.schema.properties ?? {};
  return known[field?.split(".")[0] ?? ""]?.title ?? "";
}

export function ProblemList({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  return (
    <ol className="problem-list" aria-label={store.word("problems")}>
      {store.told.problems.map((one, place) => (
        <li key={place}>
          <button type="button" className={`to-problem ${one.severity === "error" ? "bad" : "warn"}`} disabled={!one.node} onClick={() => goTo(store, sight.current, one, place)}>
            <Icon name="alert-triangle" />
            <span>
              {one.node && <b>{store.title(one.node)}</b>}
              <span>{[fieldOf(store, one), one.message].filter(Boolean).join(": ")}</span>
            </span>
          </button>
          <More problem={one} />
        </li>
      ))}
    </ol>
  );
}
