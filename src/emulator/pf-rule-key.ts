/** Addresses and ports of rules as text by which pf and pfctl tell whether two are the same: `0.0.0.0/0` is `any`. */
import { renderValue } from './address.ts';
import type { Host, PortMatch } from './pf-rules.ts';

export const isEverything = (host: Host): boolean =>
  host.kind === 'any' || (host.kind === 'prefix' && host.prefix.length === 0);

export const renderHostKey = (host: Host): string => {
  if (isEverything(host)) return 'any';
  switch (host.kind) {
    case 'prefix':
      return `${renderValue(host.prefix.family, host.prefix.value)}/${host.prefix.length}`;
    case 'interface':
      return `(${host.name} ${JSON.stringify(host.modifiers)})`;
    case 'table':
      return `<${host.name}>`;
    default:
      return host.kind;
  }
};

export const renderPortKey = (port: PortMatch | null): string | null =>
  port === null ? null : `${port.operator} ${port.low} ${port.high}`;
