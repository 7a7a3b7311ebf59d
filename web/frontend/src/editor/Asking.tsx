// Where two changed the same: whose version holds.  And what somebody else has just done.
import { Icon, useStore } from "./shared";

export function Asking() {
  const store = useStore();
  const { asked } = store;
  if (!asked) return null;
  const by = asked.by || store.word("somebody");
  return (
    <div className="notice warn asking" role="alert">
      <div>
        {asked.ids.map((id) => (
          <div key={id}>
            <p>{store.word("bothChanged", { name: by, nodes: id ? store.title(id) : store.draft.name })}</p>
            <div className="row">
              {asked.fitting.has(id) && (
                <button type="button" className="button" onClick={() => store.settle("both", id)}>
                  {store.word("keepBoth")}
                </button>
              )}
              <button type="button" className="button" onClick={() => store.settle("mine", id)}>
                {store.word("keepMine")}
              </button>
              <button type="button" className="button" onClick={() => store.settle("theirs", id)}>
                {store.word("takeTheirs")}
              </button>
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

export function OthersChanges() {
  const store = useStore();
  const { others } = store;
  if (!others?.told.length) return null;
  return (
    <details className="notice others" open>
      <summary>{store.word("othersDid", { name: others.by || store.word("somebody") })}</summary>
      <ul>
        {others.told.map(({ words, depth }, place) => (
          <li key={place} className={depth ? "inner" : ""}>
            {words}
          </li>
        ))}
      </ul>
      <button type="button" className="ghost" onClick={() => store.understood()}>
        <Icon name="check" />
        {store.word("understood")}
      </button>
    </details>
  );
}
