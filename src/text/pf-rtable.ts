/** Which routing table each link is steered by, as the rules that pf prints say it. It must not know how numbers are given out. */
const LABEL = / label "uplink:([a-z][a-z0-9_]{0,14})(?::inet6)?"(?= |$)/;
const RTABLE = / rtable (\d{1,3})(?= |$)/;
/** RT_TABLEID_MAX: what names another is no rule of pf's. */
const LAST = 255;

/** One entry for each link, of the first rule that names a table for it. Rules of connections from outside name that of the LAN. */
export const parseRuleRtables = (
  rules: readonly string[],
): readonly { readonly link: string; readonly rtable: number }[] => {
  const found = new Map<string, number>();
  for (const rule of rules) {
    const link = LABEL.exec(rule)?.[1];
    const rtable = Number(RTABLE.exec(rule)?.[1] ?? 0);
    if (link !== undefined && rtable > 0 && rtable <= LAST && !found.has(link)) found.set(link, rtable);
  }
  return [...found].map(([link, rtable]) => ({ link, rtable }));
};
