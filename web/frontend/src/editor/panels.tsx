// The panels of several nodes and of the funnel as a whole, and what can be done with whatever is chosen.
import type { ReactNode } from "react";
import type { Side } from "./commands";
import { Typed } from "./fields/Typed";
import { KeysList } from "./KeysList";
import { ProblemList } from "./problems";
import { Icon, useStore } from "./shared";
import type { Sight } from "./Stage";

/** What can be done with the chosen, one or several. */
export function Acts({ children }: { children?: ReactNode }) {
  const store = useStore();
  return (
    <div className="row node-acts">
      {children}
      <button type="button" className="ghost" onClick={() => store.duplicate()}>
        <Icon name="copy" />
        {store.word("duplicate")}
      </button>
      <button type="button" className="ghost bad-ink" onClick={() => store.remove()}>
        <Icon name="trash" />
        {store.word("remove")}
      </button>
    </div>
  );
}

export function SeveralPanel() {
  const store = useStore();
  const sides: readonly Side[] = ["left", "centre", "right", "top", "middle", "bottom"];
  return (
    <>
      <h2>{store.word("chosen", { count: store.selected.size })}</h2>
      <p className="hint">{store.word("chosenHint")}</p>
      <h3>{store.word("align")}</h3>
      <div className="aligns">
        {sides.map((side) => (
          <button type="button" className="button" key={side} onClick={() => store.align(side)}>
            {store.word(`align_${side}`)}
          </button>
        ))}
        <button type="button" className="button" disabled={store.selected.size < 3} onClick={() => store.distribute("x")}>
          {store.word("distribute_x")}
        </button>
        <button type="button" className="button" disabled={store.selected.size < 3} onClick={() => store.distribute("y")}>
          {store.word("distribute_y")}
        </button>
      </div>
      <Acts>
        <button type="button" className="ghost" onClick={() => store.group()}>
          <Icon name="folder" />
          {store.word("makeGroup")}
        </button>
        <button type="button" className="ghost" onClick={() => store.tidy()}>
          <Icon name="sitemap" />
          {store.word("tidySome")}
        </button>
      </Acts>
    </>
  );
}

export function FunnelPanel({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const { problems } = store.told;
  return (
    <>
      <div className="inspector-head">
        <h2>{store.word(problems.length ? "problems" : "noProblems")}</h2>
        {store.isListing && (
          <button type="button" className="ghost close" aria-label={store.word("close")} onClick={() => store.list(false)}>
            <Icon name="x" />
          </button>
        )}
      </div>
      {problems.length > 0 ? (
        <ProblemList sight={sight} />
      ) : (
        <p className="hint">{store.word("noProblemsHint")}</p>
      )}
      <Typed label={store.word("noteOfFunnel")} value={store.draft.note ?? ""} onChange={(note) => store.note(note)} rows={3} />
      <details className="more">
        <summary>{store.word("keysTitle")}</summary>
        <KeysList />
      </details>
    </>
  );
}
