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
  /** Who owns the socket that it leaves by; none of what is forwarded. */
  readonly user?: number | undefined;
  /** 0-7, for the driver's queues; 3 unless `set prio` says otherwise. */
  readonly prio?: number | undefined;
  /** The header's TOS byte; 0 unless told. */
  readonly tos?: number | undefined;
  /** The pf queue that a rule has named, whether the interface has it or not. */
  readonly queue?: string | null | undefined;
}

export const prioOf = (packet: Packet): number => packet.prio ?? 3;
export const tosOf = (packet: Packet): number => packet.tos ?? 0;

// Written out, as in pf-action.ts, for it is done to every packet, and V8 looks up by name what is in a copy of a copy.
export const copyPacket = (packet: Packet, source: string, rtable: number, tag: string | null): Packet => ({
  family: packet.family,
  protocol: packet.protocol,
  source,
  sourcePort: packet.sourcePort,
  destination: packet.destination,
  destinationPort: packet.destinationPort,
  flags: packet.flags,
  icmpType: packet.icmpType,
  bytes: packet.bytes,
  tag,
  rtable,
  prio: packet.prio,
  tos: packet.tos,
  queue: packet.queue,
  user: packet.user,
});

/** The far end's answer to a packet: addresses and ports turned round. */
export const answerTo = (packet: Packet, flags: TcpFlags, bytes: number): Packet => ({
  family: packet.family,
  protocol: packet.protocol,
  source: packet.destination,
  sourcePort: packet.destinationPort,
  destination: packet.source,
  destinationPort: packet.sourcePort,
  flags,
  icmpType: packet.icmpType === null ? null : packet.family === 'inet' ? 0 : 129,
  bytes,
  tag: null,
  rtable: 0,
  prio: 3,
  tos: 0,
  queue: null,
  user: packet.user,
});

/** Neighbour solicitation (135) and advertisement (136). */
export const isSolicitation = (packet: Packet): boolean =>
  packet.protocol === 'ipv6-icmp' && packet.icmpType === 135;
export const isAdvertisement = (packet: Packet): boolean =>
  packet.protocol === 'ipv6-icmp' && packet.icmpType === 136;

export const isEchoRequest = (packet: Packet): boolean => packet.icmpType === 8 || packet.icmpType === 128;
