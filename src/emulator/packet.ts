/**
 * A packet as the emulator walks it: what pf and the routing table look at, and nothing else. ICMP echo is kept as pf
 * keeps it: the identifier and the type stand in the port fields.
 */
import type { Family } from './address.ts';

export type Protocol = 'tcp' | 'udp' | 'icmp' | 'ipv6-icmp';

export interface TcpFlags {
  readonly syn?: boolean;
  readonly ack?: boolean;
  readonly fin?: boolean;
  readonly rst?: boolean;
  readonly psh?: boolean;
}

export interface Packet {
  readonly family: Family;
  readonly protocol: Protocol;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly flags: TcpFlags;
  /** ICMP only: 8 or 128 asks, 0 or 129 answers. */
  readonly icmpType: number | null;
  readonly bytes: number;
  /** pf's mark on the packet inside this machine. */
  readonly tag: string | null;
  /** The routing table that the packet is bound to inside this machine. */
  readonly rtable: number;
}

/** The far end's answer to a packet: addresses and ports turned round. */
export const answerTo = (packet: Packet, flags: TcpFlags, bytes: number): Packet => ({
  ...packet,
  source: packet.destination,
  sourcePort: packet.destinationPort,
  destination: packet.source,
  destinationPort: packet.sourcePort,
  flags,
  icmpType: packet.icmpType === null ? null : packet.family === 'inet' ? 0 : 129,
  bytes,
  tag: null,
  rtable: 0,
});

export const isEchoRequest = (packet: Packet): boolean => packet.icmpType === 8 || packet.icmpType === 128;
