// The panel beside the canvas: of the chosen node its settings, its ways out and what is wrong; else what is wrong with the whole.
import { useEffect, useRef } from "react";
import type { Side } from "./commands";
import { type DocNode, type Json, MAIN, nodeOf, portOf } from "./document";
import { ConditionField } from "./fields/ConditionField";
import { SettingsForm } from "./fields/SettingsForm";
import { Typed } from "./fields/Typed";
import { Icon, useStore } from "./shared";
import type { Sight } from "./Stage";
import type { Store } from "./store";
import type { Problem } from "./told";

export function Inspector({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const place = useRef<HTMLElement>(null);
  const node = store.chosen;
  useEffect(() => {
    if (place.current) place.current.scrollTop = 0;
  }, [node?.id]);
  return (
    <aside className={`inspector${node || store.asked || store.isListing ? " open" : ""}`} id="inspector" aria-label={store.word("settings")} ref={place}>
      {store.asked && <Asking />}
      {node ? <OfNode key={node.id} node={node} /> : store.selected.size > 1 ? <OfSeveral /> : <OfFunnel sight={sight} />}
    </aside>
  );
}

function Asking() {
  const store = useStore();
  const { asked } = store;
  if (!asked) return null;
  const names = asked.ids.map((id) => (id ? store.title(id) : store.draft.name)).join(", ");
  return (
    <div className="notice warn asking" role="alert">
      <div>
        <p>{store.word("bothChanged", { name: asked.by || store.word("somebody"), nodes: names })}</p>
        <div className="row">
          <button type="button" className="button" onClick={() => store.settle("mine")}>
            {store.word("keepMine")}
          </button>
          <button type="button" className="button" onClick={() => store.settle("theirs")}>
            {store.word("takeTheirs")}
          </button>
        </div>
      </div>
    </div>
  );
}

function OfNode({ node }: { node: DocNode }) {
  const store = useStore();
  const kind = store.kind(node);
  const problems = store.problemsOf(node.id);
  const about = problems.filter((one) => !one.field);
  return (
    <>
      <div className={`inspector-head ${kind?.category ?? "logic"}`}>
        <span className="sign">
          <Icon name={kind?.icon ?? "help-circle"} />
        </span>
        <Typed className="node-title" label={store.word("title")} value={node.title ?? ""} placeholder={kind?.title ?? node.type} onChange={(title) => store.setNode(node.id, { title: title || undefined })} maxLength={200} isBare />
        <button type="button" className="ghost close" aria-label={store.word("close")} onClick={() => store.select([])}>
          <Icon name="x" />
        </button>
      </div>
      <p className="hint">{kind ? kind.about : store.word("unknownBlock", { type: node.type })}</p>
      {about.map((one) => (
        <Note key={one.code + one.message} problem={one} />
      ))}
      {kind && <SettingsForm node={node} kind={kind} problems={problems} />}
      <Ways node={node} problems={problems} />
      <More node={node} rests={kind?.rests ?? false} starts={kind?.starts ?? false} problems={problems} />
      <div className="row node-acts">
        <button type="button" className="ghost" onClick={() => store.duplicate()}>
          <Icon name="copy" />
          {store.word("duplicate")}
        </button>
        <button type="button" className="ghost bad-ink" onClick={() => store.remove()}>
          <Icon name="trash" />
          {store.word("remove")}
        </button>
      </div>
    </>
  );
}

export function Note({ problem }: { problem: Problem }) {
  return (
    <p className={`notice ${problem.severity === "error" ? "bad" : "warn"}`}>
      <Icon name="alert-triangle" />
      <span>{problem.message}</span>
    </p>
  );
}

/** Where each port leads: the twin of drawing lines with the pointer. */
function Ways({ node, problems }: { node: DocNode; problems: readonly Problem[] }) {
  const store = useStore();
  const known = store.ports(node.id);
  const ports = store.kind(node)?.starts || known.some((port) => port.key === "failed") || !known.length ? known : [...known, { key: "failed", name: store.word("failed") }];
  const names = new Set(store.kind(node)?.schema.properties ? Object.keys(store.kind(node)?.schema.properties ?? {}) : []);
  const targets = store.order.filter((id) => store.mayConnect(node.id, id));
  if (!ports.length) return null;
  return (
    <fieldset className="group ways-form">
      <legend>{store.word("waysOut")}</legend>
      {ports.map((port) => {
        const edge = store.draft.edges.find((one) => one.from === node.id && portOf(one) === port.key);
        const wrong = problems.filter((one) => one.field === port.key && !names.has(port.key));
        const id = `way-${node.id}-${port.key}`;
        return (
          <div className={`field way${wrong.length ? " wrong" : ""}`} key={port.key}>
            <label htmlFor={id}>{port.key === MAIN && ports.length === 1 ? store.word("leadsTo") : port.name}</label>
            <div className="row">
              <select id={id} value={edge?.to ?? ""} onChange={(event) => (event.target.value ? store.connect(node.id, port.key, event.target.value) : store.disconnect(node.id, port.key))}>
                <option value="">{store.word("nowhere")}</option>
                {edge && !targets.includes(edge.to) && <option value={edge.to}>{store.title(edge.to)}</option>}
                {targets.map((one) => (
                  <option key={one} value={one}>
                    {store.title(one)}
                  </option>
                ))}
              </select>
              <button type="button" className="ghost" aria-label={store.word("addHere", { port: port.name })} title={store.word("addHere", { port: port.name })} onClick={() => store.ask({ after: node.id, port: port.key })}>
                <Icon name="plus" />
              </button>
            </div>
            {wrong.map((one) => (
              <p className="error" key={one.code}>
                {one.message}
              </p>
            ))}
          </div>
        );
      })}
    </fieldset>
  );
}

function More({ node, rests, starts, problems }: { node: DocNode; rests: boolean; starts: boolean; problems: readonly Problem[] }) {
  const store = useStore();
  const isWrong = problems.some((one) => one.field?.startsWith("condition.") && store.kind(node)?.schema.properties?.condition === undefined);
  const isSet = Boolean(node.note || node.condition || node.on_error || node.when_late);
  return (
    <details className="more" open={isSet || isWrong || undefined}>
      <summary>{store.word("more")}</summary>
      <Typed label={store.word("noteOfNode")} value={node.note ?? ""} onChange={(note) => store.setNode(node.id, { note: note || undefined })} rows={2} />
      <ConditionField
        id={`guard-${node.id}`}
        label={store.word(starts ? "startsOnlyIf" : "doneOnlyIf")}
        value={node.condition}
        isOptional
        isStrict
        problems={store.kind(node)?.schema.properties?.condition ? [] : problems.filter((one) => one.field?.startsWith("condition"))}
        onChange={(condition: Json | undefined) => store.setNode(node.id, { condition })}
      />
      {!starts && (
        <Picked
          id={`error-${node.id}`}
          label={store.word("onError")}
          value={node.on_error?.then ?? "hold"}
          options={[["hold", store.word("onErrorHold")], ["continue", store.word("onErrorContinue")]]}
          onChange={(then) => store.setNode(node.id, { on_error: then === "hold" ? undefined : { then } })}
        />
      )}
      {rests && (
        <Picked
          id={`late-${node.id}`}
          label={store.word("whenLate")}
          value={node.when_late?.then ?? "run_now"}
          options={(["run_now", "next_window", "skip", "ask"] as const).map((one) => [one, store.word(`late_${one}`)])}
          onChange={(then) => store.setNode(node.id, { when_late: then === "run_now" && node.when_late?.after_minutes === undefined ? undefined : { ...node.when_late, then } })}
        />
      )}
    </details>
  );
}

function Picked({ id, label, value, options, onChange }: { id: string; label: string; value: string; options: readonly (readonly [string, string])[]; onChange(value: string): void }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function OfSeveral() {
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
      </div>
      <div className="row node-acts">
        <button type="button" className="ghost" onClick={() => store.tidy()}>
          <Icon name="sitemap" />
          {store.word("tidySome")}
        </button>
        <button type="button" className="ghost" onClick={() => store.duplicate()}>
          <Icon name="copy" />
          {store.word("duplicate")}
        </button>
        <button type="button" className="ghost bad-ink" onClick={() => store.remove()}>
          <Icon name="trash" />
          {store.word("remove")}
        </button>
      </div>
    </>
  );
}

/** What the setting of a problem is called; empty where it is about the block as a whole, or a way out. */
function fieldOf(store: Store, { node, field }: Problem): string {
  const known = store.kind(nodeOf(store.draft, node ?? ""))?.schema.properties ?? {};
  return known[field?.split(".")[0] ?? ""]?.title ?? "";
}

function OfFunnel({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const { problems } = store.told;
  const go = (problem: Problem): void => {
    if (!problem.node) return;
    store.select([problem.node]);
    sight.current?.show([problem.node]);
    const field = problem.field?.split(".")[0];
    requestAnimationFrame(() => {
      const wanted = field && document.querySelector<HTMLElement>(`#inspector [data-setting="${CSS.escape(field)}"] :is(input, select, textarea, button)`);
      (wanted || document.querySelector<HTMLElement>("#inspector .wrong :is(input, select, textarea)"))?.focus();
    });
  };
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
        <ol className="problem-list" aria-label={store.word("problems")}>
          {problems.map((one, place) => (
            <li key={place}>
              <button type="button" className={one.severity === "error" ? "bad" : "warn"} disabled={!one.node} onClick={() => go(one)}>
                <Icon name="alert-triangle" />
                <span>
                  {one.node && <b>{store.title(one.node)}</b>}
                  <span>{[fieldOf(store, one), one.message].filter(Boolean).join(": ")}</span>
                </span>
              </button>
            </li>
          ))}
        </ol>
      ) : (
        <p className="hint">{store.word("noProblemsHint")}</p>
      )}
      <Typed label={store.word("noteOfFunnel")} value={store.draft.note ?? ""} onChange={(note) => store.note(note)} rows={3} />
      <details className="more">
        <summary>{store.word("keysTitle")}</summary>
        <dl className="keys-list">
          {(["Tab", "Enter", "A", "← ↑ → ↓", "Del", "Ctrl C · X · V", "Ctrl D", "Ctrl Z · Y", "Ctrl A", "F", "Shift"] as const).map((key, place) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{store.word(`key_${place}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}
