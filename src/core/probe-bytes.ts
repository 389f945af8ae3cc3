/**
 * What a probe costs on the wire: IP packets with their headers, without what the link puts around them. Exact for pings;
 * of connections and questions it is what they usually take; what a program sends is not known here and not counted.
 */
import type { Counts } from './figures.ts';
import {
  type Ask,
  type Family,
  families,
  familyOfTarget,
  gatewayOf,
  type LinkSettings,
  type Target,
} from './model.ts';

/** A request, and what comes on top of it when it is answered. */
export interface ProbeBytes {
  readonly out: number;
  readonly answered: { readonly out: number; readonly in: number };
}

/** ping(8): an ICMP header and 56 bytes. */
const PING = 8 + 56;
/** With the options that OpenBSD sends, and without: SYN and its answer, all others (netinet/tcp_output.c). */
const TCP_SYN = 44;
const TCP = 32;
/** UDP and DNS header, type and class. */
const QUESTION = 8 + 12 + 4;
/** What an answer has more than its question: 13 name servers, or an address. */
const ROOT_SERVERS = 211;
const RECORD = { inet: 16, inet6: 28 } as const;

/** What is asked, as far as its size goes. */
interface Asked {
  readonly family: Family;
  readonly ask: { readonly kind: 'ping' | 'tcp' | 'exec' } | Extract<Ask, { readonly kind: 'dns' }>;
}

export const bytesOf = ({ family, ask }: Asked): ProbeBytes => {
  const ip = family === 'inet' ? 20 : 40;
  switch (ask.kind) {
    case 'ping':
      return { out: ip + PING, answered: { out: 0, in: ip + PING } };
    case 'tcp':
      // ACK, FIN and the last ACK; the answers to SYN, FIN and to what is closed.
      return {
        out: ip + TCP_SYN,
        answered: { out: 3 * (ip + TCP), in: ip + TCP_SYN + 2 * (ip + TCP) },
      };
    case 'dns': {
      const out = ip + QUESTION + (ask.name === '.' ? 1 : ask.name.length + 2);
      return {
        out,
        answered: { out: 0, in: out + (ask.name === '.' ? ROOT_SERVERS : RECORD[family]) },
      };
    }
    case 'exec':
      return { out: 0, answered: { out: 0, in: 0 } };
  }
};

/** Of a row of requests: how many were answered, lost, answered twice, and answered when nobody waited any more. */
export const rowBytes = (asked: Asked, row: Counts): { readonly out: number; readonly in: number } => {
  const { out, answered } = bytesOf(asked);
  return {
    out: (row.answered + row.lost) * out + row.answered * answered.out,
    in: (row.answered + row.duplicates + row.stray) * answered.in,
  };
};

const askOf = (target: Target): Asked['ask'] => {
  switch (target.kind) {
    case 'gateway':
    case 'address':
      return { kind: 'ping' };
    case 'dns':
      return target;
    case 'tcp':
    case 'exec':
      return { kind: target.kind };
  }
};

/** Both ways, of one request to each target of a link, all answered. */
export const roundBytes = (link: LinkSettings): number =>
  families
    .filter((family) => gatewayOf(link, family) !== null)
    .flatMap((family) =>
      link.probe.targets
        .filter((target) => (familyOfTarget(target) ?? family) === family)
        .map((target) => bytesOf({ family, ask: askOf(target) })),
    )
    .reduce((sum, { out, answered }) => sum + out + answered.out + answered.in, 0);
