// The panel of a group or a note that lies on the canvas.
import { groupOf, noteOf } from "./drawn";
import { Typed } from "./fields/Typed";
import { Icon, useStore } from "./shared";

export function DrawnPanel({ id }: { id: string }) {
  const store = useStore();
  const note = noteOf(store.draft, id);
  const group = groupOf(store.draft, id);
  return (
    <>
      <div className="inspector-head">
        <h2>{store.word(note ? "note" : "group")}</h2>
        <button type="button" className="ghost close" aria-label={store.word("close")} onClick={() => store.select([])}>
          <Icon name="x" />
        </button>
      </div>
      {note && <Typed label={store.word("emptyNote")} value={note.text ?? ""} onChange={(text) => store.setCanvasNote(id, text)} rows={5} maxLength={4000} />}
      {group && (
        <>
          <Typed label={store.word("groupName")} value={group.name ?? ""} onChange={(name) => store.nameGroup(id, name)} maxLength={200} />
          <p className="hint">{store.word("groupHint")}</p>
        </>
      )}
      <div className="row node-acts">
        {group && (
          <>
            <button type="button" className="ghost" onClick={() => store.fold(id, !group.folded)}>
              <Icon name={group.folded ? "chevron-down" : "chevron-right"} />
              {store.word(group.folded ? "unfold" : "fold")}
            </button>
            <button type="button" className="ghost" onClick={() => store.ungroup()}>
              <Icon name="x" />
              {store.word("ungroup")}
            </button>
          </>
        )}
        {note && (
          <button type="button" className="ghost bad-ink" onClick={() => store.remove()}>
            <Icon name="trash" />
            {store.word("remove")}
          </button>
        )}
      </div>
    </>
  );
}
