// What an empty canvas teaches: what a funnel is, one button to begin, and examples.
import { Icon, useShared } from "./shared";
import type { Sight } from "./sight";

const FIRST = "trigger.lead_created";

export function EmptyCanvas({ sight }: { sight: { current: Sight | undefined } }) {
  const { store } = useShared();
  const kind = store.kinds.get(FIRST);
  const examples = document.getElementById("editor")?.dataset.examples;
  const begin = (): void => {
    const id = store.add(FIRST, sight.current?.middle() ?? { x: 0, y: 0 });
    if (id) sight.current?.focus(id);
  };
  return (
    <div className="stage-empty">
      <h2>{store.word("emptyTitle")}</h2>
      <p>{store.word("emptyText")}</p>
      <div className="row">
        {kind && (
          <button type="button" className="button primary" onClick={begin}>
            <Icon name={kind.icon} />
            {store.word("emptyBegin", { name: kind.title })}
          </button>
        )}
        {examples && (
          <a className="button" href={examples}>
            {store.word("emptyExamples")}
          </a>
        )}
      </div>
    </div>
  );
}
