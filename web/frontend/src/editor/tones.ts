// The colours of ways out: by what they mean where their name says it, else by their place.
const TONES: Readonly<Record<string, string>> = { next: "main", yes: "good", ok: "good", no: "other", failed: "bad", error: "bad", no_manager: "bad", required_missing: "bad", timeout: "late", limit: "late", past: "late", empty: "late" };

export const toneOf = (port: string, place: number): string => TONES[port] ?? (place === 0 ? "main" : `tone-${place % 4}`);
