// The address of a state: what the server reads in a URL, as checker/serve/address.py has it.

export function parsed(query) {
  const given = new URLSearchParams(query);
  const path = (given.get("path") || "").split(";").filter(Boolean);
  return { given, path, at: given.has("at") ? Number(given.get("at")) : null };
}

// The query with another path, place in it, settings (null removes one) or behaviour to compare with.
export function changed(query, { path, at, other, set, scope, bounds, preset, start }) {
  const given = new URLSearchParams(query);
  const put = (key, value) => (value === null || value === "" ? given.delete(key) : given.set(key, value));
  if (path !== undefined) put("path", path.join(";"));
  if (at !== undefined) put("at", at === null ? null : String(at));
  if (other !== undefined) put("other", other);
  if (preset !== undefined) put("preset", preset);
  if (start !== undefined) put("start", start ? String(start) : null);
  if (scope !== undefined) put("scope", scope);
  for (const [name, value] of Object.entries(set || {})) put(`set.${name}`, value);
  for (const [name, value] of Object.entries(bounds || {})) put(`bound.${name}`, value === null ? null : String(value));
  return given.toString().replaceAll("%28", "(").replaceAll("%29", ")").replaceAll("%2C", ",").replaceAll("%3B", ";");
}

// Only what chooses the configuration, and the initial state.
export function beginning(query) {
  return changed(query, { path: [], at: null, other: null });
}
