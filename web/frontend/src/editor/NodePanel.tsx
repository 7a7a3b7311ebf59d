// The panel of one node: its settings by its schema, where its ways lead, what else there is to say.
import { useMemo } from "react";
import { type DocNode, type Json, MAIN, portOf } from "./document";
import { BlockPage } from "./fields/BlockPage";
import { ConditionField, isHalfSaid } from "./fields/ConditionField";
import { SettingsForm } from "./fields/SettingsForm";
import { Typed } from "./fields/Typed";
import { Acts } from "./panels";
import { Notice, Said } from "./problems";
import { Icon, useStore } from "./shared";
import type { Problem } from "./told";

export function NodePanel({ node }: { node: DocNode }) {
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
      {kind && <BlockPage type={kind.key} />}
      {about.map((one) => (
        <Notice key={one.code + one.message} problem={one} />
      ))}
      {kind && <SettingsForm node={node} kind={kind} problems={problems} />}
      <Ways node={node} problems={problems} />
      <More node={node} rests={kind?.rests ?? false} starts={kind?.starts ?? false} problems={problems} />
      <Acts />
    </>
  );
}

/** Where each port leads: the twin of drawing lines with the pointer. */
function Ways({ node, problems }: { node: DocNode; problems: readonly Problem[] }) {
  const store = useStore();
  const known = store.ports(node.id);
  const ports = store.kind(node)?.starts || known.some((port) => port.key === "failed") || !known.length ? known : [...known, { key: "failed", name: store.word("failed") }];
  const names = new Set(store.kind(node)?.schema.properties ? Object.keys(store.kind(node)?.schema.properties ?? {}) : []);
  const { nodes, edges } = store.draft;
  const [targets, options] = useMemo(() => {
    const found = store.order.filter((id) => store.mayConnect(node.id, id));
    const listed = found.map((one) => (
      <option key={one} value={one}>
        {store.title(one)}
      </option>
    ));
    return [new Set(found), listed];
  }, [store, node.id, nodes, edges]);
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
                {edge && !targets.has(edge.to) && <option value={edge.to}>{store.title(edge.to)}</option>}
                {options}
              </select>
              <button type="button" className="ghost" aria-label={store.word("addHere", { port: port.name })} title={store.word("addHere", { port: port.name })} onClick={() => store.ask({ after: node.id, port: port.key })}>
                <Icon name="plus" />
              </button>
            </div>
            {wrong.map((one) => (
              <Said key={one.code} problem={one} />
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
  const isSet = Boolean(node.note || node.condition || node.on_error || node.when_late || isHalfSaid(`guard-${node.id}`));
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
