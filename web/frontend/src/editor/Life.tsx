// What the funnel that is in use does: pause, drain, stop, go on; each says how many are inside and what becomes of them.
import { useState } from "react";
import { Refused, send } from "../requests";
import { toast } from "../toasts";
import { Icon, useStore } from "./shared";

interface Act {
  how: "resume" | "pause" | "drain" | "stop";
  icon: string;
  name: string;
  says: string;
}

interface State {
  state: string;
  inside: number;
  acts: Act[];
  tripped: string;
  words?: string;
  done?: boolean;
}

/** How a funnel comes back to the state that it was in; nothing brings back who was taken out. */
const BACK: Record<string, Act["how"]> = { published: "resume", paused: "pause", draining: "drain" };

export function Life({ funnel }: { funnel: string }) {
  const store = useStore();
  const [now, see] = useState<State | undefined>(undefined);
  const [isSure, beSure] = useState(false);
  const address = `/api/funnels/${encodeURIComponent(funnel)}/life`;
  const look = (): void => {
    send<State>("GET", address).then(see, (error: unknown) => toast(error instanceof Error ? error.message : "", { kind: "bad" }));
  };
  const act = async (how: Act["how"]): Promise<void> => {
    if (how === "stop" && !isSure) {
      beSure(true);
      return;
    }
    const back = how === "stop" ? undefined : BACK[now?.state ?? ""];
    try {
      const found = await send<State>("POST", address, { how });
      see(found);
      beSure(false);
      const undo = found.done && back ? { words: store.word("undo"), act: () => void act(back) } : undefined;
      toast(found.words ?? "", { kind: found.done ? "ok" : "bad", undo });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast(error.message, { kind: "bad" });
    }
  };
  return (
    <details className="menu end-menu of-life" onToggle={(event) => (event.currentTarget.open ? look() : beSure(false))}>
      <summary className="ghost" aria-label={store.word("life")} title={store.word("life")}>
        <Icon name="player-pause" />
      </summary>
      <div className="popup">
        {!now && <p className="small quiet">…</p>}
        {now?.tripped && <p className="small warn-ink">{now.tripped}</p>}
        {now?.acts.map((one) => (
          <div className="life-act" key={one.how}>
            <button type="button" className={one.how === "stop" ? "button danger" : "button"} onClick={() => void act(one.how)}>
              <Icon name={one.icon} />
              {one.how === "stop" && isSure ? store.word("stopForGood") : one.name}
            </button>
            <p className="small quiet">{one.says}</p>
          </div>
        ))}
      </div>
    </details>
  );
}
